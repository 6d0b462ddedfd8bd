import { assertEquals } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

/**
 * The options for the forms, in both tools. condor_q of 23.9 has no JSON lines.
 */
const forms = ["-long", "-long:new", "-json", "-long:jsonl", "-xml"];

const tools = [
  { list: ["condor_q", "-allusers"], one: "ProcId == 1" },
  { list: ["condor_status"], one: "SlotId == 1" },
];

/** Expressions over an ad. Their values stay the same between two commands. */
const expressions = [
  "strcat(MyType, Odd)",
  "size(Odd)",
  "Lst",
  "isUndefined(None)",
  "Sum + Real",
  "Cpus",
  "ProcId",
];

async function everyForm(root: Root): Promise<void> {
  await using pool = await Pool.start({
    root,
    slots: 2,
    config: `START = False
Odd = "a \\"quoted\\" C:\\dir é <&>"
Sum = 1 + 2
STARTD_ATTRS = Odd, Sum`,
  });
  await pool.submit(
    `executable = /bin/true
+Odd = "a \\"quoted\\" C:\\dir é <&>"
+Lst = {1, [ a = 2; b = "x" ], undefined}
+None = undefined
+Sum = 1 + 2
+Real = 1.5e300
queue 2
`,
    { user: "alice" },
  );
  for (const { list, one } of tools) {
    const answers: Record<string, string> = {};
    for (const form of forms) {
      const print = [...list, "-constraint", one, form];
      const ad = await pool.run(print, { user: "alice" });
      const { code, stdout, stderr } = await pool.lumberjack(
        ["eval", "-file", "-", ...expressions],
        { user: "alice", stdin: ad },
      );
      assertEquals([code, stderr], [0, ""], `${print.join(" ")}\n${ad}`);
      answers[form] = stdout;
    }
    assertEquals(new Set(Object.values(answers)).size, 1, list[0]);
    const odd = 'a \\"quoted\\" C:\\\\dir \\303\\251 <&>"';
    assertEquals(answers["-xml"].split("\n")[0].slice(-odd.length), odd);
    for (const form of forms) {
      const all = [...list, "-constraint", "true", form];
      const two = await pool.lumberjack(["eval", "-file", "-", "1"], {
        user: "alice",
        stdin: await pool.run(all, { user: "alice" }),
      });
      assertEquals(two.stderr.includes("more than one ad in the file"), true);
      const none = await pool.lumberjack(["eval", "-file", "-", "1"], {
        user: "alice",
        stdin: await pool.run([...list, "-constraint", "false", form], {
          user: "alice",
        }),
      });
      assertEquals(none.stderr.includes("no ad in the file"), true, form);
    }
  }
}

for (const root of roots) {
  poolTest(
    `on ${root}, eval -file reads every form in which condor_q and condor_status print ads`,
    () => everyForm(root),
  );
}
