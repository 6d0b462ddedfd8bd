import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TlsEngine } from "../../lib/cedar/auth/tls_engine.ts";
import { outOfDate } from "../../lib/cedar/auth/validity.ts";

// X.509 certificates of version 1, made by `openssl ca` without extensions.
const read = (name: string) =>
  Deno.readTextFileSync(new URL(`certificates/${name}.pem`, import.meta.url));

const path = (name: string) =>
  new URL(`certificates/${name}.pem`, import.meta.url).pathname;

/**
 * Starts a server of openssl, which accepts certificates of version 1. Deno's
 * server does not.
 */
async function serve(
  name: string,
): Promise<{ port: number; process: Deno.ChildProcess }> {
  const process = new Deno.Command("openssl", {
    args: [
      ...["s_server", "-accept", "127.0.0.1:0", "-naccept", "1"],
      ...["-cert", path(name), "-key", path("key")],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const stdin = process.stdin.getWriter();
  await stdin.write(new TextEncoder().encode("hello\n"));
  stdin.releaseLock();
  const reader = process.stdout.getReader();
  let said = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`openssl s_server: ${said}`);
    said += new TextDecoder().decode(value);
    const port = /ACCEPT \S*:(\d+)/.exec(said)?.[1];
    if (port === undefined) continue;
    reader.releaseLock();
    return { port: Number(port), process };
  }
}

/**
 * Connects to a server with this certificate. Returns the client's engine after
 * data or an error arrived.
 */
async function connectTo(name: string): Promise<TlsEngine> {
  const { port, process } = await serve(name);
  const wire = await Deno.connect({ hostname: "127.0.0.1", port });
  const engine = await TlsEngine.start({
    serverName: "submit.test",
    authorities: [read("authority")],
  });
  const arrived = () => engine.plainLength > 0 || engine.error !== undefined;
  const reading = (async () => {
    const buffer = new Uint8Array(65536);
    for (;;) {
      const count = await wire.read(buffer).catch(() => null);
      if (count === null) return;
      engine.feed(buffer.slice(0, count));
    }
  })();
  while (!arrived()) {
    const bytes = await engine.output(arrived, 1000);
    if (bytes.length > 0) await wire.write(bytes);
  }
  wire.close();
  await reading;
  await process.stdin.close().catch(() => {});
  await process.stdout.cancel();
  process.kill("SIGKILL");
  await process.status;
  return engine;
}

const missing = await new Deno.Command("openssl", { args: ["version"] })
  .output().then(({ success }) => !success, () => true);

function tlsTest(name: string, fn: () => Promise<void>): void {
  const why = missing ? " (skipped: no openssl)" : "";
  Deno.test({ name: name + why, ignore: missing, fn });
}

tlsTest("TlsEngine accepts a certificate of a trusted authority", async () => {
  const engine = await connectTo("valid");
  assertEquals(engine.error, undefined);
  assert(engine.plainLength > 0);
  engine.close();
});

tlsTest("TlsEngine rejects a certificate that has expired", async () => {
  const engine = await connectTo("expired");
  assertStringIncludes(engine.error!.message, "expired at 2021-01-01");
  engine.close();
});

Deno.test("outOfDate() names the first certificate that is not valid", () => {
  const at = (text: string) => Date.parse(text);
  const [valid, expired] = [read("valid"), read("expired")];
  assertEquals(outOfDate(valid, at("2026-01-01")), undefined);
  assertEquals(
    outOfDate(valid + expired, at("2026-01-01")),
    "expired at 2021-01-01T00:00:00Z",
  );
  assertEquals(
    outOfDate(valid, at("2019-06-01")),
    "is not valid before 2020-01-01T00:00:00Z",
  );
  assertEquals(outOfDate("no certificate"), undefined);
  assert(outOfDate(expired) !== undefined);
});
