/**
 * The note by which workers find the head of a run and see that it lives. It lies
 * in the spool, on the file system that the nodes share.
 *
 * The head writes it every two seconds, with a number that grows. A worker never
 * compares clocks: it sees whether the number changes. The note is written in
 * place, because a network file system shows a changed file sooner than a new
 * file in the place of an old one.
 *
 * @module
 */
import { join } from "@std/path";
import type { QueueUser } from "./pool_config.ts";

/** What a head says. */
export interface HeadNote {
  /** The run. Another run on the same spool has another name. */
  readonly run: string;
  /** Grows by one with each note. */
  readonly beat: number;
  /** `stopping`: jobs get their soft kill now. `ended`: the run is over. */
  readonly phase: "running" | "stopping" | "ended";
  /** What the machine of the head calls itself. */
  readonly machine: string;
  /** The address of the head, and the port of its collector. */
  readonly host: string;
  /** See `host`. */
  readonly port: number;
  /** The jobs' `User`. */
  readonly user: QueueUser;
  /** Whether jobs may need file transfer plugins. */
  readonly plugins: boolean;
  /** The head's clock, in seconds since 1970. */
  readonly now: number;
  /** When no job is started any more, by that clock; null if there is no end. */
  readonly lastStart: number | null;
  /** When jobs have to have ended, by that clock; null if there is no end. */
  readonly end: number | null;
  /** The attribute of jobs that says how many minutes they run; null if none does. */
  readonly jobTime: string | null;
  /** The margin in seconds. */
  readonly margin: number;
  /** The batch job that the head belongs to; null outside of one. */
  readonly batchJob: string | null;
}

/** How often the head writes, in milliseconds. */
const beatInterval = 2000;

/** A note has this many bytes: what is shorter is filled up. */
const size = 1024;

function pathOf(spool: string): string {
  return join(spool, "lumberjack", "pool", "head");
}

/** Writes the notes of one head. Dispose of it when the run is over. */
export class HeadNotes implements Disposable {
  readonly #file: Deno.FsFile;
  #note: HeadNote;
  readonly #timer: ReturnType<typeof setInterval>;

  /** Writes the first note, and goes on by itself. */
  constructor(spool: string, note: Omit<HeadNote, "beat" | "phase" | "now">) {
    this.#file = Deno.openSync(pathOf(spool), {
      ...{ write: true, create: true, mode: 0o600 },
    });
    this.#note = { ...note, beat: 0, phase: "running", now: 0 };
    this.#write();
    this.#timer = setInterval(() => this.#write(), beatInterval);
  }

  /** Says that jobs are being stopped. */
  stopping(): void {
    this.#note = { ...this.#note, phase: "stopping" };
    this.#write();
  }

  /** Says that the run is over. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#note = { ...this.#note, phase: "ended" };
    this.#write();
    this.#file.close();
  }

  #write(): void {
    const now = Date.now() / 1000;
    this.#note = { ...this.#note, now, beat: this.#note.beat + 1 };
    const bytes = new TextEncoder().encode(JSON.stringify(this.#note));
    const padded = new Uint8Array(size).fill(0x20);
    padded.set(bytes.subarray(0, size));
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(padded);
    } catch {
      // The disk may be full, or the file system away for a moment.
    }
  }
}

/**
 * Reads the note of a spool. Returns undefined if there is none, or if it is just
 * being written.
 */
export function readHeadNote(spool: string): HeadNote | undefined {
  try {
    const note = JSON.parse(Deno.readTextFileSync(pathOf(spool)));
    return isHeadNote(note) ? note : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) throw error;
    return undefined;
  }
}

function isUser(value: unknown): value is QueueUser {
  const user = value as Partial<Record<keyof QueueUser, unknown>> | null;
  return typeof user === "object" && user !== null &&
    typeof user.name === "string" && typeof user.domain === "string" &&
    isUserName(`${user.name}@${user.domain}`);
}

/** Whether a value is the name of an attribute. */
export function isAttributeName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z_]\w*$/.test(value);
}

/** Whether a text is `NAME@DOMAIN`, of characters that need no quotes anywhere. */
export function isUserName(text: string): boolean {
  return /^[\w.+-]+@[\w.-]+$/.test(text);
}

function isHeadNote(value: unknown): value is HeadNote {
  const note = value as Partial<Record<keyof HeadNote, unknown>> | null;
  const isTime = (time: unknown) => time === null || Number.isFinite(time);
  return typeof note === "object" && note !== null &&
    typeof note.run === "string" && /^[0-9a-f-]{8,36}$/.test(note.run) &&
    Number.isSafeInteger(note.beat) && Number.isSafeInteger(note.port) &&
    ["running", "stopping", "ended"].includes(note.phase as string) &&
    typeof note.machine === "string" &&
    typeof note.host === "string" && /^[\d.]+$/.test(note.host) &&
    isUser(note.user) && typeof note.plugins === "boolean" &&
    Number.isFinite(note.now) && Number.isFinite(note.margin) &&
    isTime(note.lastStart) && isTime(note.end) &&
    (note.jobTime === null || isAttributeName(note.jobTime)) &&
    (note.batchJob === null || typeof note.batchJob === "string");
}

/** Whether a head lives, judged by its notes and by this machine's own clock. */
export class Pulse {
  #run: string | undefined;
  #beat: number | undefined;
  #seen = performance.now();
  /** How many different notes were seen of the run. */
  changes = 0;

  /** Takes what was read now. */
  take(note: HeadNote | undefined): void {
    if (note === undefined) return;
    if (note.run === this.#run && note.beat === this.#beat) return;
    this.changes = note.run === this.#run ? this.changes + 1 : 0;
    this.#run = note.run;
    this.#beat = note.beat;
    this.#seen = performance.now();
  }

  /** For how many seconds nothing has changed. */
  get silence(): number {
    return (performance.now() - this.#seen) / 1000;
  }
}

/**
 * Whether a head on another machine works on the spool now. The lock of the spool
 * says that of this machine; a network file system may not show it to the other
 * ones. Takes some seconds if such a head was killed.
 */
export async function hasOtherHead(spool: string): Promise<boolean> {
  const pulse = new Pulse();
  const end = performance.now() + 2.5 * beatInterval;
  while (performance.now() < end) {
    const note = readHeadNote(spool);
    if (note === undefined || note.phase === "ended") return false;
    if (note.machine === Deno.hostname()) return false;
    pulse.take(note);
    if (pulse.changes > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

/** Returns the batch job that this process belongs to; null outside of one. */
export function batchJob(
  env: { get(name: string): string | undefined } = Deno.env,
): string | null {
  for (const name of ["SLURM_JOB_ID", "PBS_JOBID", "COBALT_JOBID"]) {
    const id = env.get(name);
    if (id) return `${name}=${id}`;
  }
  return null;
}
