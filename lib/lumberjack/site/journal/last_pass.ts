/**
 * What the last pass came to, for passes that only publish and for `lumberjack
 * status`: LUMBERJACK_DIR/last_pass.json.
 *
 * @module
 */
import { join } from "@std/path";
import { writeTextDurably } from "../../../queue_log/mod.ts";

/** The last pass that did something. */
export interface LastPass {
  /** When it ended, ISO 8601, UTC. */
  readonly at: string;
  /** The user as whom it ran. */
  readonly uid: number;
  /** Its process. */
  readonly pid: number;
  /**
   * Until then the passes of a privileged user count as alive: passes of other
   * users only publish. ISO 8601, UTC.
   */
  readonly aliveUntil: string;
  /** What it published: lines `NAME = VALUE`. */
  readonly lines: readonly string[];
  /**
   * What was wrong with the queue; undefined if nothing was. Then the next pass
   * does not let the schedd evaluate the sites' constraints.
   */
  readonly queueProblem?: string;
}

const fileName = "last_pass.json";

/** After this time without a pass, passes of other users take over, in seconds. */
const patience = 15 * 60;

/** Returns when passes that come so often are believed to have stopped. */
export function aliveUntil(now: Date, period: number | undefined): Date {
  const seconds = Math.max(patience, 3 * (period ?? 0));
  return new Date(now.getTime() + seconds * 1000);
}

/** Writes what a pass came to. */
export function writeLastPass(folder: string, pass: LastPass): void {
  const text = JSON.stringify(pass, null, 2) + "\n";
  writeTextDurably(join(folder, fileName), text, { mode: 0o644 });
}

/** Reads what the last pass came to; undefined if there was none. */
export function readLastPass(folder: string): LastPass | undefined {
  try {
    const pass = JSON.parse(Deno.readTextFileSync(join(folder, fileName)));
    const isWhole = typeof pass.at === "string" &&
      typeof pass.aliveUntil === "string" && Array.isArray(pass.lines);
    return isWhole ? pass : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the last pass of root, if root still runs passes. Nobody else can have
 * written it.
 */
export function privilegedPass(
  folder: string,
  now: Date,
): LastPass | undefined {
  const pass = readLastPass(folder);
  if (pass === undefined || now >= new Date(pass.aliveUntil)) return undefined;
  const { uid } = Deno.statSync(join(folder, fileName));
  return uid === 0 ? pass : undefined;
}

/** Says that no more passes of this process follow. */
export function endPasses(folder: string, pid: number): void {
  const pass = readLastPass(folder);
  if (pass?.pid !== pid) return;
  writeLastPass(folder, { ...pass, aliveUntil: new Date(0).toISOString() });
}
