/**
 * The address of this machine that daemons on other nodes reach.
 *
 * @module
 */
import { RemoteError } from "./error.ts";

/** The address that only this machine itself reaches. */
export const loopback = "127.0.0.1";

/** A network interface, as `Deno.networkInterfaces` describes it. */
type Interface = Pick<Deno.NetworkInterfaceInfo, "name" | "address" | "family">;

/**
 * Returns the IPv4 address of a network interface, given its name or its
 * address. Throws {@linkcode RemoteError} that lists the interfaces.
 *
 * @example
 * ```ts
 * import { addressOf } from "./interface.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(addressOf("lo", [
 *   { name: "lo", address: "127.0.0.1", family: "IPv4" },
 * ]), "127.0.0.1");
 * ```
 */
export function addressOf(
  wanted: string,
  all: readonly Interface[] = Deno.networkInterfaces(),
): string {
  const usable = all.filter(({ family }) => family === "IPv4");
  const found = usable.find(({ name, address }) =>
    name === wanted || address === wanted
  );
  if (found) return found.address;
  const list = usable.map(({ name, address }) => `${name} (${address})`);
  throw new RemoteError("this machine has no such network interface", {
    subject: wanted,
    remedy: `write one of ${list.join(", ")} after --interface`,
  });
}

/**
 * Returns the address of this machine from which it reaches `host:port`. Throws
 * {@linkcode RemoteError} if it does not reach it.
 */
export async function addressTowards(
  host: string,
  port: number,
): Promise<string> {
  try {
    using connection = await Deno.connect({ hostname: host, port });
    return (connection.localAddr as Deno.NetAddr).hostname;
  } catch (cause) {
    throw new RemoteError("cannot reach the head of the run", {
      cause,
      subject: `${host}:${port} (${
        cause instanceof Error ? cause.message : cause
      })`,
      remedy: "start remote run with the --interface that the nodes share",
    });
  }
}

/** Whether something listens on `host:port`. */
export async function listens(host: string, port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: host, port });
    return true;
  } catch (error) {
    // A time-out says nothing: the network may have a problem that passes.
    return !(error instanceof Deno.errors.ConnectionRefused);
  }
}

/** Returns a port of the address that is free now. */
export function freePort(hostname: string): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
