/**
 * Runs a table of jobs that transfer files, in a real pool. Returns for each job
 * which files it saw in its sandbox, which it left there, and which came home.
 *
 * @module
 */
import { decodeText, encodeText } from "../../lib/classad/bytes.ts";
import { ClassAd } from "../../lib/classad/mod.ts";
import type { Pool } from "./harness/mod.ts";
import { until } from "./harness/until.ts";

/**
 * A job of the table. In its submit lines, `#` stands for the job's number and `~`
 * for its folder at home.
 */
export interface FilesCase {
  /** What the job tries, in a few words. No two titles are equal. */
  readonly title: string;
  /** The lines of its submit file that follow the common lines. */
  readonly submit: string;
  /** What the job does in its sandbox, in bash. N is the job's number. */
  readonly job?: string;
  /** HTCondor puts the job on hold: every release, or only this one. */
  readonly held?: true | "23.9";
  /**
   * The job is submitted with `-spool` and fetched with condor_transfer_data.
   */
  readonly spooled?: true;
  /** The job runs in its folder at home. */
  readonly inPlace?: true;
}

/** Digests of files by path. The digest of a directory is `/`. */
export type Listing = ReadonlyMap<string, string>;

/** The results of a job of the table. */
export interface FilesRun {
  /** The job. */
  readonly entry: FilesCase;
  /** The job's ad in the schedd after the run. */
  readonly ad: ClassAd;
  /** The job's folder at home. */
  readonly home: string;
  /** The files at home before the run. */
  readonly before: Listing;
  /** The files that the job saw in its sandbox, by relative path. */
  readonly seen: Listing;
  /** The files in the sandbox when the job ended. */
  readonly left: Listing;
  /**
   * The new or changed files at home after the run, or in SPOOL for a spooled job,
   * by absolute path.
   */
  readonly came: Listing;
  /** The files of a spooled job that condor_transfer_data brought home. */
  readonly fetched: Listing;
}

const common = `
executable = run
should_transfer_files = YES
output = out
error = err
log = /var/tmp/files/logs/#
leave_in_queue = true
request_memory = 16
request_disk = 1
`;

/**
 * A shell function that lists a folder: digest, two blanks, path and NUL for
 * each entry.
 */
const list = `
list() {
  find -L "$1" -mindepth 1 -type d -printf '/  %P\\0'
  (cd "$1" && find -L . -type f -exec md5sum -z {} +)
}
`;

/** Makes the files that every job has at home. */
const makeHome = `
mkdir -p bin d/e sub; cp run bin/go
echo in >in.txt; echo a >a.txt; echo blank >'b c.txt'; echo proxy >proxy.pem
echo d.a >d/a.txt; echo x >d/x; echo y >d/e/y; echo 'semi;colon' >'s;c'
echo latin >$'caf\\xe9'; ln -s a.txt link; ln -s d dirlink
printf '#!/bin/sh\\n' >plugin; chmod +x plugin
find . -exec touch -h -d '1 hour ago' {} +
`;

/**
 * Submits all cases, waits until all have ended, and collects their results.
 */
export async function runFileCases(
  pool: Pool,
  cases: readonly FilesCase[],
): Promise<FilesRun[]> {
  const clusters = await submitCases(pool, cases);
  await until("all jobs ended", async () => {
    const spooling = 16;
    const ended = await pool.queue(
      `JobStatus == 4 || (JobStatus == 5 && HoldReasonCode != ${spooling})`,
    );
    return ended.length === cases.length;
  }, 120);
  const ads = await readAds(pool);
  await collect(pool, cases, clusters, ads);
  return await Promise.all(cases.map(async (entry, number) => {
    const read = async (folder: string) => {
      const path = `/var/tmp/files/${folder}/${number}`;
      const bytes = await pool.machine.readBytes(path).catch(() => undefined);
      return listingOf(bytes ?? new Uint8Array());
    };
    return {
      entry,
      ad: ads.get(clusters[number])!,
      home: homeOf(number),
      before: await read("before"),
      seen: await read("seen"),
      left: await read("left"),
      came: await read("came"),
      fetched: await read("fetched"),
    };
  }));
}

/** Returns a job's folder at home, by the job's number. */
export function homeOf(number: number): string {
  return `/home/alice/files/${number}`;
}

/**
 * Makes the folders and submits the jobs. Returns their clusters in the order
 * of cases.
 */
export async function submitCases(
  pool: Pool,
  cases: readonly FilesCase[],
): Promise<number[]> {
  const folders = "abs,before,came,fetched,left,logs,seen,submit";
  await pool.sh(`mkdir -p -m 777 /var/tmp/files/{${folders}}`);
  const script = [list];
  for (const [number, entry] of cases.entries()) {
    const home = homeOf(number);
    const submit = `${common}${entry.submit}\nqueue\n`
      .replaceAll("#", `${number}`).replaceAll("~", home);
    const write = (path: string, text: string) =>
      pool.machine.write(path, new Uint8Array(encodeText(text)), {
        user: "alice",
        mode: 0o755,
      });
    await write(`${home}/run`, runScript(number, entry));
    await write(`/var/tmp/files/submit/${number}`, submit);
    const spool = entry.spooled ? "-spool" : "";
    script.push(
      `mkdir /var/tmp/files/abs/${number}; cd ${home}; ${makeHome}`,
      `list . >/var/tmp/files/before/${number}`,
      `condor_submit -terse ${spool} /var/tmp/files/submit/${number} 2>&1`,
    );
  }
  const output = await pool.sh(script.join("\n"), {
    user: "alice",
    timeout: 360,
  });
  const clusters = [...output.matchAll(/^(\d+)\.0 - /gm)].map(([, id]) =>
    Number(id)
  );
  if (clusters.length !== cases.length) throw new Error(output);
  return clusters;
}

function runScript(number: number, { job = "" }: FilesCase): string {
  return `#!/bin/bash
${list}
N=${number}
# The starter replaces its own files there, so one may be gone when it is read.
list . >/var/tmp/files/seen/$N 2>/dev/null
echo "out of $N"
echo "err of $N" >&2
finish() { list . >/var/tmp/files/left/$N 2>/dev/null; exit "$1"; }
${job}
finish 0
`;
}

/**
 * Returns the ads of all jobs by cluster. Bytes that are not UTF-8 stay
 * unchanged.
 */
export async function readAds(pool: Pool): Promise<Map<number, ClassAd>> {
  await pool.sh("condor_q -all -long >/var/tmp/files/ads");
  const text = decodeText(await pool.machine.readBytes("/var/tmp/files/ads"));
  const ads = text.trim().split(/\n\n+/).map((ad) => ClassAd.parseLong(ad));
  return new Map(ads.map((ad) => [Number(ad.evaluate("ClusterId")), ad]));
}

/**
 * Lists new files at home. For spooled jobs lists SPOOL, fetches, and lists
 * home.
 */
async function collect(
  pool: Pool,
  cases: readonly FilesCase[],
  clusters: readonly number[],
  ads: ReadonlyMap<number, ClassAd>,
): Promise<void> {
  const script = [
    `new() { find "$\{@:2}" -type f -newer "$1" -exec md5sum -z {} +; }`,
    "cd /var/tmp/files",
  ];
  for (const [number, { spooled }] of cases.entries()) {
    const home = `${homeOf(number)} /var/tmp/files/abs/${number}`;
    if (!spooled) {
      script.push(`new before/${number} ${home} >came/${number}`);
      continue;
    }
    const iwd = String(ads.get(clusters[number])!.evaluate("Iwd"));
    script.push(
      `if [ -e seen/${number} ]; then`,
      `new seen/${number} ${iwd} >came/${number}`,
      `setpriv --reuid=alice --regid=alice --init-groups \\`,
      `  condor_transfer_data ${clusters[number]} >/dev/null`,
      `new seen/${number} ${home} >fetched/${number}; fi`,
    );
  }
  await pool.sh(script.join("\n"), { timeout: 360 });
}

/** Reads the output of `list`. */
export function listingOf(bytes: Uint8Array): Listing {
  const entries = decodeText(bytes).split("\0").filter((entry) => entry !== "");
  return new Map(entries.map((entry) => {
    const blank = entry.indexOf(" ");
    const path = entry.slice(blank + 2).replace(/^\.\//, "");
    return [path, entry.slice(0, blank)];
  }));
}
