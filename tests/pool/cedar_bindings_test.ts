import { assertEquals } from "@std/assert";
import { Pool, poolTest, roots } from "./harness/mod.ts";
import type { StepResult } from "./cedar_probe.ts";

/** Says where our ads, on stdin, differ from those of HTCondor's bindings. */
const compare = `
import classad2, htcondor2, json, sys
def key(ad): return (ad["ClusterId"], ad["ProcId"])
theirs = {key(ad): ad for ad in htcondor2.Schedd().query()}
ours = {key(ad): ad for ad in map(classad2.parseOne, json.load(sys.stdin))}
print("jobs", sorted(theirs) == sorted(ours), len(ours))
for k, ad in theirs.items():
    mine = ours[k]
    names = {n.lower() for n in ad.keys()} ^ {n.lower() for n in mine.keys()}
    if names: print(k, "only in one:", names)
    for name in ad.keys():
        if name.lower() == "servertime": continue
        if str(ad.lookup(name)) != str(mine.lookup(name)): print(k, name)
`;

const description = `
executable = /bin/sh
arguments = "-c 'echo ""a b"" \\\\ grüße'"
environment = "A=1 B='x y'"
requirements = Memory >= 1 && (TARGET.Arch == "X86_64" || isUndefined(Foo))
+Nested = [ a = { 1, 2.5, "three" }; b = undefined ]
+Text = "quotes \\" and \\\\ and tabs"
queue 20
`;

for (const root of roots) {
  poolTest(
    `job ads from ${root} are those that HTCondor's bindings get`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.submit(description, { user: "alice" });
      await pool.submit("executable = /bin/true\nhold = true\nqueue 3\n", {
        user: "bob",
      });
      const request = JSON.stringify({
        policy: { methods: ["FS"] },
        steps: [{ do: "ads", address: "schedd" }],
      });
      const script = "/lumberjack/tests/pool/cedar_probe.ts";
      const [result]: StepResult[] = JSON.parse(
        await pool.deno(["run", "-A", script, request], { user: "alice" }),
      );
      assertEquals(result.error, undefined);
      const said = await pool.python(compare, [], {
        user: "alice",
        stdin: JSON.stringify(result.names),
      });
      assertEquals(said, "jobs True 23\n");
    },
  );
}
