import { assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../../lib/lumberjack/report/doctor/finding.ts";
import { examineScheddCron } from "../../../lib/lumberjack/report/hooks_check/daemons.ts";
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
        name,
        value,
        place: `/etc/condor/config.d/99-own, line ${at + 1}`,
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

Deno.test("hooks check says that a schedd has started before SCHEDD_CRON was set: condor_reconfig is not enough", () => {
  const file = Deno.makeTempFileSync();
  try {
    Deno.utimeSync(file, 2000, 2000);
    const knob = {
      ...{ name: "SCHEDD_CRON_JOBLIST", value: "LUMBERJACK" },
      place: `${file}, line 3, use FEATURE:ScheddCronPeriodic+1`,
    };
    const args = { ...knob, value: "cron" };
    const knobs = new Map([
      ["SCHEDD_CRON_JOBLIST", knob],
      ["SCHEDD_CRON_LUMBERJACK_ARGS", args],
    ]);
    const said = (startedAt: number, lastPass?: number) => {
      const found: Finding[] = [];
      const schedd = { daemon: "condor_schedd", startedAt, readAt: 3000 };
      examineScheddCron(
        [schedd],
        { knobs, lastPass },
        (finding) => found.push(finding),
      );
      return found;
    };
    assertEquals(said(2000), []);
    assertEquals(said(1000, 2500), []);
    const [finding] = said(1000);
    assertEquals(finding.state, "failed");
    assertMatch(
      finding.message,
      /^condor_schedd has started at 1970-01-01 00:16:40 UTC, and .* was changed at 1970-01-01 00:33:20 UTC: a schedd reads SCHEDD_CRON only when it starts$/,
    );
    assertMatch(finding.remedy ?? "", /^run condor_restart -schedd, or/);
  } finally {
    Deno.removeSync(file);
  }
});
