/**
 * The verbs under test: where each begins, what the user does after it was
 * interrupted, and what must hold meanwhile.
 *
 * @module
 */
import { adsOf } from "../queue_fixture.ts";
import { logged, remoteSpool, terminalEvents } from "./scene.ts";
import type { Snapshot } from "./snapshot.ts";

/** A verb, with the folder that it works in. */
export interface Verb {
  /** The scene that it begins with. */
  readonly scene: "home" | "returned" | "imported";
  /** What it did stays if it fails in the middle, and the next run continues. */
  readonly inParts?: true;
  /** The command. */
  readonly args: (folder: string) => readonly string[];
  /**
   * The commands that a user repeats after the verb was interrupted, until none
   * is left. `round` counts the interruptions: there may be several ways.
   */
  readonly again: (
    folder: string,
    round: number,
  ) => readonly (readonly string[])[];
  /** What the program says if the manifest could not be changed, and need not be. */
  readonly manifestStays?: string;
  /** What is wrong right after an interruption, before anything is repeated. */
  readonly problems?: (
    folder: string,
    is: Snapshot,
    should: Snapshot,
    before: Snapshot,
  ) => readonly string[];
}

/** Whether something has this name. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Flags that change a queue in a file: from `from` to `to`. */
function queue(folder: string, from: string, to: string): string[] {
  return ["--queue", `${folder}/${from}`, "--queue-out", `${folder}/${to}`];
}

/** Whether a job in a queue is away. */
function isLocked(path: string): boolean {
  const ads = Object.values(adsOf(path));
  return ads.some(({ LumberjackExportId }) => LumberjackExportId !== undefined);
}

/** An export is repeated as long as no lock is on the disk. */
function exportVerb(way: (folder: string) => readonly string[]): Verb {
  const args = (folder: string) => [
    ...["export", "--constraint", "true", "--remote-spool", remoteSpool],
    ...way(folder),
    ...queue(folder, "queue.log", "after.log"),
  ];
  return {
    scene: "home",
    args,
    again(folder) {
      const after = `${folder}/after.log`;
      if (!isThere(after)) return [args(folder)];
      if (!isLocked(after)) {
        // All jobs stay: the user goes on with this queue.
        Deno.renameSync(after, `${folder}/queue.log`);
        return [args(folder)];
      }
      Deno.renameSync(after, `${folder}/locked.log`);
      return [[
        "recover",
        ...["--queue", `${folder}/locked.log`, "--queue-out", after],
      ]];
    },
    problems: logWithoutLocks,
  };
}

/** A log must not have its name before the locks are on the disk. */
function logWithoutLocks(_folder: string, is: Snapshot): string[] {
  const hasLog = [...is.keys()].some((path) => path.endsWith("job_queue.log"));
  return hasLog && !is.has("after.log") ? ["a log without locks"] : [];
}

function importVerb(from: string): Verb {
  const args = (folder: string) => [
    ...["import", "--in", `${folder}/${from}`],
    ...queue(folder, "after.log", "home.log"),
  ];
  return {
    scene: "returned",
    inParts: true,
    args,
    again(folder, round) {
      // The user may also have put the updated queue into the place of the queue.
      // If all jobs are home in it, no job tells any more which folder has a
      // manifest that says "importing".
      const home = `${folder}/home.log`;
      if (round % 2 === 1 && isThere(home) && isLocked(home)) {
        Deno.renameSync(home, `${folder}/merged.log`);
        return [[
          ...["import", "--in", `${folder}/${from}`],
          ...queue(folder, "merged.log", "home.log"),
        ]];
      }
      return [args(folder)];
    },
    problems: (folder, is, should, before) => [
      ...brokenPromises(folder),
      ...halfThere(is, should, before),
    ],
  };
}

/** A job that is not locked has one terminal event; no job has two. */
function brokenPromises(folder: string): string[] {
  const path = `${folder}/home.log`;
  const ads = isThere(path) ? adsOf(path) : {};
  return logged.flatMap((proc) => {
    const ends = terminalEvents(folder, proc);
    if (ends > 1) return [`1.${proc} has ${ends} terminal events`];
    const job = ads[`1.${proc}`];
    return job !== undefined && job.Managed === undefined && ends === 0
      ? [`1.${proc} is unlocked without its terminal event`]
      : [];
  });
}

/** A file at home is as it was, or whole. */
function halfThere(
  is: Snapshot,
  should: Snapshot,
  before: Snapshot,
): string[] {
  return [...is].flatMap(([path, text]) => {
    if (!path.startsWith("home/") || path === "home/job.log") return [];
    if (path.includes("/.lumberjack-")) return [];
    // A folder gets its mode after its files.
    if (text.startsWith("folder ")) return [];
    return text === should.get(path) || text === before.get(path)
      ? []
      : [`half there: ${path}`];
  });
}

/** What has no name before it is whole. */
function wholeOrNot(pattern: RegExp) {
  return (
    _folder: string,
    is: Snapshot,
    should: Snapshot,
  ): readonly string[] =>
    [...is].flatMap(([path, text]) =>
      pattern.test(path) && text !== should.get(path)
        ? [`half there: ${path}`]
        : []
    );
}

const create = (folder: string) => [
  "bundle",
  "create",
  `${folder}/returned`,
  `${folder}/made.tar.gz`,
];
const extract = (folder: string) => [
  "bundle",
  "extract",
  `${folder}/back.tar.gz`,
  `${folder}/extracted`,
];

/** Commands that are repeated as they are. */
function repeated(
  scene: Verb["scene"],
  args: Verb["args"],
  problems?: Verb["problems"],
): Verb {
  const again = (folder: string) => [args(folder)];
  return { scene, inParts: true, args, again, problems };
}

const unexport: Verb = {
  scene: "returned",
  // The manifest says that the jobs are back before they are.
  inParts: true,
  args: (folder) => [
    ...["unexport", "--constraint", "true"],
    ...queue(folder, "after.log", "home.log"),
  ],
  again(folder) {
    const home = `${folder}/home.log`;
    // All jobs are free: the user has what he wanted.
    if (isThere(home) && !isLocked(home)) return [];
    return [unexport.args(folder)];
  },
  manifestStays: "remove the folder",
};

/** What a run of clean may remove, and nothing else. */
const cleaned = (
  _folder: string,
  is: Snapshot,
  should: Snapshot,
  before: Snapshot,
) =>
  [...before.keys()].flatMap((path) =>
    is.has(path) || !should.has(path) ? [] : [`removed: ${path}`]
  );

/** No job has two terminal events. */
const oneEnd = (folder: string) =>
  [0, 1, 2].flatMap((proc) =>
    terminalEvents(folder, proc, "lost.log") > 1
      ? [`1.${proc} has ended twice`]
      : []
  );

/** The verbs that the campaign tries. */
export const verbs: Readonly<Record<string, Verb>> = {
  stage: exportVerb((folder) => ["--stage", "--out", `${folder}/out`]),
  bundle: exportVerb((folder) => ["--bundle", `${folder}/leaving.tar.gz`]),
  create: {
    scene: "returned",
    args: create,
    again: (folder) => [create(folder)],
    problems: wholeOrNot(/^made\.tar\.gz$/),
  },
  extract: {
    scene: "returned",
    args: extract,
    again: (folder) => [extract(folder)],
    problems: wholeOrNot(/^extracted(?:\/|$)/),
  },
  unexport,
  clean: repeated(
    "imported",
    (folder) => [
      ...["clean", "--older-than", "0s", `${folder}/out`],
      ...["--queue", `${folder}/home.log`],
    ],
    cleaned,
  ),
  "events-check": repeated(
    "imported",
    (folder) => [
      ...["events", "check", `${folder}/home/lost.log`, "--append"],
      ...["--queue", `${folder}/home.log`],
    ],
    oneEnd,
  ),
  again: {
    scene: "returned",
    args: (folder) => [
      ...["export", "--again", exportIdIn(`${folder}/../origin/out`)],
      ...["--out", `${folder}/other`, "--remote-spool", "/hpc/other"],
      ...queue(folder, "after.log", "other.log"),
    ],
    again: (folder) => {
      const other = `${folder}/other.log`;
      if (!isThere(other)) return [verbs.again.args(folder)];
      const locked = `${folder}/locked.log`;
      Deno.renameSync(other, locked);
      const updated = queue(folder, "locked.log", "other.log");
      // The disk did not read an input, so its jobs stayed at home: the user
      // exports them once more.
      if (!isLocked(locked)) {
        return [[
          ...["export", "--constraint", "true", "--stage"],
          ...["--out", `${folder}/other`, "--remote-spool", "/hpc/other"],
          ...updated,
        ]];
      }
      // `recover` would finish the export in the folder that the jobs name.
      const isMoved = Object.values(adsOf(locked)).some((ad) =>
        ad.LumberjackExportDir === JSON.stringify(`${folder}/other`)
      );
      if (isMoved) return [["recover", ...updated]];
      return [[
        ...verbs.again.args(folder).slice(0, -updated.length),
        ...updated,
      ]];
    },
  },
  retrieve: importVerb("returned"),
  "retrieve-bundle": importVerb("back.tar.gz"),
};

/** Returns the id of the export in a folder. */
function exportIdIn(folder: string): string {
  const text = Deno.readTextFileSync(`${folder}/manifest.json`);
  return JSON.parse(text).exportId;
}
