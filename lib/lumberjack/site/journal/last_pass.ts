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

/** The file has at least this size, so that it can be written on a full disk, too. */
const leastBytes = 16_384;

/**
 * Writes what a pass came to. If there is no room for another file, the bytes of
 * the last one are written over: administrators have to see that the disk is full.
 */
export function writeLastPass(folder: string, pass: LastPass): void {
  const path = join(folder, fileName);
  const text = JSON.stringify(pass, null, 2);
  const padded = text.padEnd(leastBytes - 1) + "\n";
  try {
    writeTextDurably(path, padded, { mode: 0o644 });
  } catch (error) {
    if (!overwrite(path, padded)) throw error;
  }
}

/** Writes over a file of the same size or larger. Returns whether that worked. */
function overwrite(path: string, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    const { size, isFile } = file.statSync();
    if (!isFile || size < bytes.length) return false;
    const whole = new Uint8Array(size).fill(0x20);
    whole.set(bytes);
    for (let at = 0; at < size;) at += file.writeSync(whole.subarray(at));
    file.syncSync();
    return true;
  } catch {
    return false;
  }
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
