import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHmac } from "node:crypto";
import { akep2, type Identity } from "../../lib/cedar/auth/akep2.ts";
import { MethodError } from "../../lib/cedar/auth/authenticator.ts";
import { ReliSock } from "../../lib/cedar/reli_sock.ts";
import { transportPair } from "./fake_transport.ts";

const key = new Uint8Array(32).fill(3);
const aliceIdentity: Identity = {
  name: "alice@pool",
  token: "head.claims",
  key,
};

/** What the server does wrong. */
interface Fault {
  status?: number;
  key?: Uint8Array;
  name?: string;
  spoilRa?: boolean;
  rbLength?: number;
}

/**
 * Runs the server's side. Returns the client's status, and whether the client
 * proved that it has the key.
 */
async function server(
  sock: ReliSock,
  fault: Fault,
): Promise<[number, boolean]> {
  const { reader, writer } = sock;
  const status = await reader.getInt();
  await reader.getInt();
  const name = await reader.getString();
  const token = await reader.getString();
  const ra = new Uint8Array(await reader.getBytes(await reader.getInt()));
  await reader.endOfMessage();
  if (status === 0) assertEquals([name, token], ["alice@pool", "head.claims"]);
  const rb = new Uint8Array(fault.rbLength ?? 256).fill(8);
  if (fault.spoilRa) ra[0] ^= 1;
  const mac = createHmac("sha1", fault.key ?? key)
    .update(`${name} condor@pool\0`).update(ra).update(rb).digest();
  writer.putInt(fault.status ?? 0).putInt(0).putString(fault.name ?? name)
    .putInt(11).putString("condor@pool").putInt(ra.length).putBytes(ra)
    .putInt(rb.length).putBytes(rb).putInt(mac.length).putBytes(mac)
    .endOfMessage();
  await sock.flush();
  const last = await reader.getInt();
  await reader.getInt();
  await reader.getString();
  await reader.getBytes(await reader.getInt());
  const proof = await reader.getBytes(await reader.getInt());
  await reader.endOfMessage();
  const expected = createHmac("sha1", key).update(`${name}\0`).update(rb)
    .digest();
  return [last, expected.equals(proof)];
}

async function run(
  identity: Identity | MethodError,
  fault: Fault = {},
): Promise<[Promise<string>, Promise<[number, boolean]>]> {
  const [one, two] = transportPair();
  const client = new ReliSock(one);
  const name = akep2(client, identity);
  const other = server(new ReliSock(two), fault);
  // The client's last message must go out, also if the client failed.
  await name.catch(() => {}).then(() => client.flush());
  return [name, other];
}

Deno.test("akep2() proves that both have the same key", async () => {
  const [name, other] = await run(aliceIdentity);
  assertEquals(await name, "condor@pool");
  assertEquals(await other, [0, true]);
});

Deno.test("akep2() rejects a server with another key, name or random number, and tells it", async () => {
  for (
    const [fault, message] of [
      [{ key: new Uint8Array(32) }, "another secret"],
      [{ spoilRa: true }, "another secret"],
      [{ name: "bob@pool" }, "names another client"],
      [{ rbLength: 5 }, "names another client"],
      [{ status: -1 }, "server rejects"],
    ] as const
  ) {
    const [name, other] = await run(aliceIdentity, fault);
    const error = await assertRejects(() => name, MethodError);
    assert((error as Error).message.includes(message));
    assertEquals(await other, [-1, false]);
  }
});

Deno.test("akep2() exchanges all messages even if the client has no token", async () => {
  const [name, other] = await run(new MethodError("no token"));
  await assertRejects(() => name, MethodError, "no token");
  assertEquals(await other, [-1, false]);
});
