/** What was examined and what was found. */
export interface Finding {
  /** In one or two words: `collector`, `authorization`. */
  readonly check: string;
  /** `warning`: an export works, but not for everybody or not as fast. */
  readonly state: "ok" | "warning" | "failed";
  /** The finding, as a sentence for the administrator. */
  readonly message: string;
  /** What to change, with the name of the configuration knob. */
  readonly remedy?: string;
}

/** Called with each finding as soon as it is known. */
export type Tell = (finding: Finding) => void;

/** One check of a subject `T`, such as a schedd. */
export interface Check<T> {
  /** The finding's name if `run` throws. */
  readonly name: string;
  /** If a required check has a finding `failed`, later checks are not run. */
  readonly required?: boolean;
  /** Examines the subject. An error that it throws becomes a finding. */
  readonly run: (subject: T, tell: Tell) => Promise<void> | void;
}

/**
 * Runs the checks in their order. Returns false if a required check failed.
 */
export async function runChecks<T>(
  checks: readonly Check<T>[],
  subject: T,
  tell: Tell,
): Promise<boolean> {
  for (const { name, required, run } of checks) {
    let failed = false;
    const listen = (finding: Finding) => {
      failed ||= finding.state === "failed";
      tell(finding);
    };
    await attempt(name, listen, async () => await run(subject, listen));
    if (required && failed) return false;
  }
  return true;
}

/** Returns a finding that nothing is wrong. */
export function ok(check: string, message: string): Finding {
  return { check, state: "ok", message };
}

/** Returns a finding that hinders an export but does not stop it. */
export function warning(
  check: string,
  message: string,
  remedy: string,
): Finding {
  return { check, state: "warning", message, remedy };
}

/** Returns the release that a `$CondorVersion` string names. */
export function plainVersion(version: string | undefined): string {
  const number = /^\$CondorVersion: (\S+)/.exec(version ?? "")?.[1];
  return number === undefined ? "version unknown" : `HTCondor ${number}`;
}

/** Returns what `work` gives. If it throws, tells that as a finding. */
export async function attempt<T>(
  check: string,
  tell: Tell,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { subject, remedy } = error as { subject?: string; remedy?: string };
    const message = error instanceof Error ? error.message : String(error);
    tell({
      check,
      state: "failed",
      message: subject ? `${message}: ${subject}` : message,
      remedy,
    });
    return undefined;
  }
}
