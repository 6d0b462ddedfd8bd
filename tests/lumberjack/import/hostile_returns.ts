/**
 * Makes random returned trees, bundles and home folders, and checks that an
 * import writes nothing where it must not. A failure can be repeated by its
 * seed.
 *
 *     scripts/deno task fuzz:returns [--seed N] [--count N] [--minutes N]
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import * as tar from "tar-stream";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import { jobFolder } from "../../../lib/lumberjack/files/return/returned_jobs.ts";
import type { ImportResult } from "../../../lib/lumberjack/import/result.ts";
import { Choices } from "../../queue_log/mutations.ts";
import { Away, completed } from "./files_home.ts";

/** How many jobs come back. */
const jobCount = 3;
/** The names of good outputs. */
const goodNames = ["_condor_stdout", "a", "d/x", "d/e/y"];
const longName = "n".repeat(255);

/** Names that a hostile remote site may send. */
const badNames = [
  "../escape",
  "d/../../escape",
  "/tmp/lumberjack-escape",
  "d/./x",
  "d//x",
  "A",
  "D/x",
  longName,
  `${longName}n`,
  `d/${longName}`,
  "a\nb",
  "a\\b",
  "a/x",
  "_condor_stdout/x",
  ".lumberjack-x",
  "é",
  "caf\ufffd",
  "run",
  `${"d/".repeat(120)}x`,
];

/** One entry of a tree that comes back. */
interface Entry {
  readonly name: string;
  readonly type: tar.Headers["type"];
  readonly text: string;
  readonly linkname?: string;
  readonly mode: number;
}

/** Tries one seed. Throws if the import wrote something that it must not. */
export async function tryReturn(seed: number): Promise<"home" | "refused"> {
  const choices = new Choices(seed);
  using scene = await Scene.make(choices);
  const entries = returnedEntries(choices, scene.outside);
  const source = choices.below(2) === 0
    ? scene.asFolder(entries, choices)
    : await scene.asBundle(entries, choices);
  // Only now, because this test itself may have written outside, through a link
  // in the returned folder.
  const before = scene.snapshot();
  const onConflict = choices.of(["replace", "keep", "rename"] as const);
  let result: ImportResult | undefined;
  try {
    result = await scene.away.import({ in: source, files: { onConflict } });
  } catch (error) {
    if (!(error instanceof LumberjackError)) throw error;
  }
  scene.check(before, result);
  return result !== undefined && result.merged > 0 ? "home" : "refused";
}

/** Returns good outputs of all jobs, and some bad entries. */
function returnedEntries(choices: Choices, outside: string): Entry[] {
  const entries: Entry[] = [];
  for (let proc = 0; proc < jobCount; proc++) {
    const job = jobFolder({ cluster: 1, proc });
    const text = `job ${proc}`;
    for (const name of goodNames) {
      if (choices.below(12) === 0) continue;
      const mode = choices.of([0o644, 0o755, 0o4755, 0o600, 0o000]);
      entries.push({ name: `${job}/${name}`, type: "file", text, mode });
    }
    if (choices.below(3) !== 0) continue;
    const bad = badEntry(choices, job, text, outside);
    entries.splice(choices.below(entries.length + 1), 0, bad);
  }
  return entries;
}

function badEntry(
  choices: Choices,
  job: string,
  text: string,
  outside: string,
): Entry {
  const name = choices.of([...badNames, ...goodNames]);
  const type = choices.of([
    ...["file", "file", "file", "symlink", "symlink", "link", "fifo"],
    ...["character-device", "block-device", "directory"],
  ]) as Entry["type"];
  const where = choices.of([
    `${job}/${name}`,
    `${job}/${name}`,
    name,
    `${jobFolder({ cluster: 1, proc: choices.below(jobCount) })}/${name}`,
    `${job}/../cluster1.proc0.subproc0/${name}`,
    job,
    dirname(job),
  ]);
  const linkname = choices.of([
    outside,
    `${outside}/secret`,
    "../../../../../../../../etc/passwd",
    "a",
  ]);
  // A file in a job's folder belongs to that job.
  const proc = /proc(\d)/.exec(where)?.[1];
  const owned = proc === undefined ? text : `job ${proc}`;
  return { name: where, type, text: owned, linkname, mode: 0o644 };
}

/** A home with jobs that are away, and a folder that must not change. */
class Scene implements Disposable {
  readonly away: Away;
  readonly #choices: Choices;

  private constructor(away: Away, choices: Choices) {
    this.away = away;
    this.#choices = choices;
  }

  static async make(choices: Choices): Promise<Scene> {
    const list = choices.of([undefined, '"a,d"', '"d/"', '"a"']);
    // With `d/` the job may return a file d/run, which then has the name of the
    // executable.
    const mayReplace = list === '"d/"';
    const procs = Array.from({ length: jobCount }, (_, proc) => ({
      Cmd: '"/opt/run"',
      ...(list === undefined ? {} : { TransferOutput: list }),
      Marker: String(proc),
    }));
    const base = Deno.makeTempDirSync({ prefix: "lumberjack-homes-" });
    const away = await Away.with(
      ...procs.map((proc, number) => ({
        ...proc,
        Iwd: JSON.stringify(`${base}/${number}`),
      })),
    );
    Deno.renameSync(base, `${away.folder.path}/homes`);
    Deno.symlinkSync(`${away.folder.path}/homes`, base);
    const scene = new Scene(away, choices);
    scene.#link = base;
    scene.#mayReplace = mayReplace;
    scene.#furnish();
    const ended = Object.fromEntries(
      procs.map((_, proc) => [`1.${proc}`, completed]),
    );
    away.log(ended);
    return scene;
  }

  #link = "";
  #mayReplace = false;

  /** The folder that must not change. */
  get outside(): string {
    return this.away.folder.join("outside");
  }

  home(proc: number): string {
    return this.away.folder.join("homes", String(proc));
  }

  /** Puts the user's own files, folders and links where outputs have to go. */
  #furnish(): void {
    Deno.mkdirSync(this.outside);
    Deno.writeTextFileSync(`${this.outside}/secret`, "secret");
    for (let proc = 0; proc < jobCount; proc++) {
      const home = this.home(proc);
      Deno.mkdirSync(home);
      Deno.writeTextFileSync(`${home}/mine`, "mine");
      for (const name of ["out", "a", "d", "x", "e"]) {
        const path = `${home}/${name}`;
        switch (this.#choices.below(10)) {
          case 0:
            Deno.symlinkSync(this.outside, path);
            break;
          case 1:
            Deno.symlinkSync(`${this.outside}/secret`, path);
            break;
          case 2:
            Deno.mkdirSync(path);
            break;
          case 3:
            Deno.writeTextFileSync(path, "mine");
        }
      }
    }
  }

  /** Writes the entries that a folder can hold into the returned folder. */
  asFolder(entries: readonly Entry[], choices: Choices): string {
    const top = this.away.returned;
    for (const { name, type, text, linkname, mode } of entries) {
      const path = `${top}/${name}`;
      // A copy of a tree cannot contain such a path.
      if (name.includes("..") || name.startsWith("/")) continue;
      try {
        Deno.mkdirSync(dirname(path), { recursive: true });
        if (type === "symlink") Deno.symlinkSync(linkname!, path);
        else if (type === "fifo") makePipe(path);
        else if (type === "directory") Deno.mkdirSync(path);
        else {
          Deno.writeTextFileSync(path, text, { createNew: true });
          Deno.chmodSync(path, mode);
        }
      } catch {
        // A folder cannot hold this entry.
      }
    }
    return choices.below(2) === 0 ? top : `${top}/job_queue.log`;
  }

  /** Writes the entries into a bundle. Its checksums may be wrong. */
  async asBundle(
    entries: readonly Entry[],
    choices: Choices,
  ): Promise<string> {
    const pack = tar.pack();
    const log = Deno.readTextFileSync(`${this.away.returned}/job_queue.log`);
    const all = [
      { name: "job_queue.log", type: "file", text: log, mode: 0o600 } as Entry,
      ...entries,
    ];
    if (choices.below(6) === 0) {
      all.push(all.splice(choices.below(all.length), 1)[0]);
    }
    if (choices.below(6) === 0) all.push(all[choices.below(all.length)]);
    let sums = "";
    for (const { name, type, text, linkname, mode } of all) {
      pack.entry({ name, type, linkname, mode }, type === "file" ? text : "");
      if (type === "file" && choices.below(60) !== 0) {
        sums += `${sha256(text)}  ${name}\n`;
      }
    }
    if (choices.below(20) !== 0) pack.entry({ name: "SHA256SUMS" }, sums);
    if (choices.below(20) === 0) pack.entry({ name: "more" }, "more");
    pack.finalize();
    const parts: Uint8Array[] = [];
    for await (const part of pack) parts.push(part as Uint8Array);
    const whole = new Uint8Array(
      await new Blob(parts as BlobPart[]).arrayBuffer(),
    );
    if (choices.below(10) === 0) whole[choices.below(whole.length)] ^= 1;
    const end = choices.below(10) === 0
      ? choices.below(whole.length)
      : whole.length;
    const path = this.away.folder.join("back.tar");
    Deno.writeFileSync(path, whole.subarray(0, end));
    return path;
  }

  /**
   * Returns type, mode, path and contents of all files outside and in each
   * home.
   */
  snapshot(): { outside: string; homes: string[] } {
    const homes = Array.from(
      { length: jobCount },
      (_, proc) => listing(this.home(proc)).join("\n"),
    );
    return { outside: listing(this.outside).join("\n"), homes };
  }

  /** Throws if a file is where it must not be. */
  check(
    before: ReturnType<Scene["snapshot"]>,
    result: ImportResult | undefined,
  ): void {
    const after = this.snapshot();
    if (after.outside !== before.outside) throw new Error("outside changed");
    for (const path of ["/tmp/lumberjack-escape", "/tmp/escape"]) {
      if (exists(path)) throw new Error(`${path} came up`);
    }
    const refused = new Set(
      result?.refused.filter(({ attribute }) => attribute === null)
        .map(({ id }) => id),
    );
    for (let proc = 0; proc < jobCount; proc++) {
      const [was, is] = [before.homes[proc], after.homes[proc]];
      const stays = result === undefined || refused.has(`1.${proc}`);
      if (stays) {
        if (was !== is) throw new Error(`the home of 1.${proc} changed: ${is}`);
        continue;
      }
      const forbidden = this.#mayReplace ? "" : "run";
      checkHome(proc, forbidden, was.split("\n"), is.split("\n"));
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#link);
    this.away[Symbol.dispose]();
  }
}

/** Throws if a new file in a job's home is not a plain file of this job. */
function checkHome(
  proc: number,
  forbidden: string,
  was: string[],
  is: string[],
): void {
  for (const line of is) {
    if (was.includes(line)) continue;
    const [kind, mode, path, text] = line.split("\t");
    const say = `1.${proc}: ${line}`;
    if (kind !== "file" && kind !== "folder") throw new Error(say);
    if (parseInt(mode, 8) > 0o777) throw new Error(`set-uid: ${say}`);
    if (path.includes(".lumberjack-1")) throw new Error(`temporary: ${say}`);
    if (path === forbidden) throw new Error(`the executable: ${say}`);
    if (kind === "file" && text !== `job ${proc}`) {
      throw new Error(`not of this job: ${say}`);
    }
  }
  for (const line of was) {
    if (line.includes("\tmine\tmine") && !is.includes(line)) {
      throw new Error(`1.${proc}: lost ${line}`);
    }
  }
}

function listing(folder: string, below = ""): string[] {
  const lines: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    const { isFile, isDirectory, isSymlink, mode } = Deno.lstatSync(path);
    const bits = (mode! & 0o7777).toString(8);
    const at = `${below}${name}`;
    if (isDirectory) {
      lines.push(`folder\t${bits}\t${at}\t`, ...listing(path, `${at}/`));
    } else if (isFile) {
      lines.push(`file\t${bits}\t${at}\t${Deno.readTextFileSync(path)}`);
    } else {
      lines.push(`${isSymlink ? "link" : "special"}\t${bits}\t${at}\t`);
    }
  }
  return lines.sort();
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function makePipe(path: string): void {
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

if (import.meta.main) {
  const value = (name: string, otherwise: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const first = value("seed", Date.now() % 1_000_000_000);
  const count = value("count", Number.MAX_SAFE_INTEGER);
  const end = performance.now() + value("minutes", 1) * 60_000;
  console.log(`seed ${first}`);
  const outcomes = { home: 0, refused: 0 };
  let done = 0;
  for (; done < count && performance.now() < end; done++) {
    try {
      outcomes[await tryReturn(first + done)]++;
    } catch (cause) {
      throw new Error(`--seed ${first + done} --count 1`, { cause });
    }
  }
  console.log(`${done} returns, ${JSON.stringify(outcomes)}, nothing astray`);
}
