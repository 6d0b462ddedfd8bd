import { assertEquals } from "@std/assert";
import type { Finding } from "../../../lib/lumberjack/report/doctor/finding.ts";
import { examinePasses } from "../../../lib/lumberjack/report/hooks_check/passes.ts";
import type { HooksSubject } from "../../../lib/lumberjack/report/hooks_check/subject.ts";

/** Returns what the check of passes says to these knobs. */
async function findings(
  knobs: Readonly<Record<string, string>>,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const subject = {
    folder: undefined,
    knobs: new Map(
      Object.entries(knobs).map(([name, value], at) => [name, {
        ...{
          name,
          value,
          place: `/etc/condor/config.d/99-own, line ${at + 1}`,
        },
      }]),
    ),
  };
  await examinePasses(
    subject as unknown as HooksSubject,
    (finding) => found.push(finding),
  );
  return found;
}

Deno.test("hooks check says that a later DAEMON_LIST has lost LUMBERJACK, and where it is set", async () => {
  const [lost] = await findings({
    LUMBERJACK: "/bin/true",
    DAEMON_LIST: "MASTER, SCHEDD",
  });
  assertEquals(lost, {
    ...{ check: "passes", state: "failed" },
    message: "LUMBERJACK is set, and DAEMON_LIST does not name it " +
      "(/etc/condor/config.d/99-own, line 2)",
    remedy: "add LUMBERJACK where DAEMON_LIST is set last",
  });
  const [runs] = await findings({
    LUMBERJACK: "/bin/true",
    DAEMON_LIST: "MASTER, SCHEDD LUMBERJACK",
  });
  assertEquals(runs.state, "ok", JSON.stringify(runs));
});
