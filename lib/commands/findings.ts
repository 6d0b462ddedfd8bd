import type { Finding, Tell } from "../lumberjack/report/doctor.ts";
import type { Terminal } from "../terminal/mod.ts";
import { ExitStatus } from "./command.ts";

/** What `--json` prints of a check. */
export interface FindingsJson {
  /** Whether no check has failed. */
  readonly ok: boolean;
  /** What was found, in this order. */
  readonly findings: readonly Finding[];
}

/**
 * Prints each finding of a check as soon as it is known, or all of them as JSON.
 * Returns the exit status: a check that failed is a failure.
 */
export async function printFindings(
  terminal: Terminal,
  examine: (tell: Tell) => Promise<void>,
): Promise<number> {
  const findings: Finding[] = [];
  await examine((finding) => {
    findings.push(finding);
    if (terminal.json) return;
    const { check, state, message, remedy } = finding;
    const mark = { ok: "ok     ", warning: "warning", failed: "FAILED " };
    terminal.line(`${mark[state]} ${check}: ${message}`);
    if (remedy !== undefined) terminal.line(`        -> ${remedy}`);
  });
  const failed = findings.some(({ state }) => state === "failed");
  if (terminal.json) {
    terminal.printJson<FindingsJson>({ ok: !failed, findings });
  }
  return failed ? ExitStatus.failed : ExitStatus.done;
}
