import { assertEquals, assertStringIncludes } from "@std/assert";
import { lumberjack } from "./command_line.ts";

/** Returns text as bytes in Latin-1, as in jobs of old sites. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const log = (cmd: string) =>
  latin1(`107 1 CreationTimestamp 1
101 0.0 Job Machine
103 0.0 NextClusterNum 2
101 01.-1 Job Machine
103 01.-1 Owner "alice"
101 1.0 Job Machine
103 1.0 Cmd "${cmd}"
`);

Deno.test("log show, log diff and eval print bytes that are not UTF-8 unchanged", async () => {
  const folder = Deno.makeTempDirSync();
  const old = `${folder}/old`, now = `${folder}/now`, ad = `${folder}/ad`;
  Deno.writeFileSync(old, log("/bin/caf\xe9"));
  Deno.writeFileSync(now, log("/bin/\xff\xfe"));
  Deno.writeFileSync(ad, latin1('Cmd = "caf\xe9 \xff"\n'));
  const long = await lumberjack("log", "show", old, "--long");
  assertStringIncludes(long.outBytes, 'Cmd = "/bin/caf\xe9"\n');
  const table = await lumberjack("log", "show", old);
  assertStringIncludes(table.outBytes, "caf\xe9\n");
  const chosen = await lumberjack("log", "show", old, "--attributes", "Cmd");
  assertStringIncludes(chosen.outBytes, '"/bin/caf\xe9"\n');
  const diff = await lumberjack("log", "diff", old, now);
  assertStringIncludes(
    diff.outBytes,
    '~ Cmd = "/bin/caf\xe9" -> "/bin/\xff\xfe"\n',
  );
  const value = await lumberjack(
    ...["eval", "-file", ad, "--syntax", "old", "Cmd", "size(Cmd)"],
  );
  assertEquals(value.outBytes, '"caf\xe9 \xff"\n6\n');
  Deno.removeSync(folder, { recursive: true });
});
