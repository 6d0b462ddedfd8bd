/**
 * Runs a table of jobs that transfer files in a real pool, and tells what each
 * of them saw in its sandbox, left there, and had at home afterwards.
 *
 * @module
 */
import { decodeText, encodeText } from "../../lib/classad/bytes.ts";
import { ClassAd } from "../../lib/classad/mod.ts";
import type { Pool } from "./harness/mod.ts";
import { until } from "./harness/until.ts";

/** A job of the table. `#` in its lines stands for its number, `~` for its folder at home. */
export interface FilesCase {
  /** What it tries, in a few words; unique. */
  readonly title: string;
  /** Lines of its submit file, after those that all have in common. */
  readonly submit: string;
  /** What it does, in bash, in its sandbox; N is its number. */
  readonly job?: string;
  /** HTCondor puts it on hold: always, or this release alone. */
  readonly held?: true | "23.9";
  /** It is submitted with `-spool`, and fetched with condor_transfer_data. */
  readonly spooled?: true;
  /** It runs in its folder at home. */
  readonly inPlace?: true;
}

/** Paths, each with a digest of what is in the file; `/` for a directory. */
export type Listing = ReadonlyMap<string, string>;

/** What became of a job of the table. */
export interface FilesRun {
  /** The job. */
  readonly entry: FilesCase;
  /** Its ad, as the schedd has it after the run. */
  readonly ad: ClassAd;
  /** Its folder at home. */
  readonly home: string;
  /** What was at home before. */
  readonly before: Listing;
  /** What it saw in its sandbox, relative to it. */
  readonly seen: Listing;
  /** What was in its sandbox when it ended. */
  readonly left: Listing;
  /** What was new or changed at home afterwards, or in SPOOL when spooled: absolute paths. */
  readonly came: Listing;
  /** What condor_transfer_data brought home of a spooled job. */
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

/** Lists a folder: a digest, two blanks, a path and a NUL for each entry. */
const list = `
list() {
  find -L "$1" -mindepth 1 -type d -printf '/  %P\\0'
  (cd "$1" && find -L . -type f -exec md5sum -z {} +)
}
`;

/** Makes what every job has at home. */
const makeHome = `
mkdir -p bin d/e sub; cp run bin/go
echo in >in.txt; echo a >a.txt; echo blank >'b c.txt'; echo proxy >proxy.pem
echo d.a >d/a.txt; echo x >d/x; echo y >d/e/y; echo 'semi;colon' >'s;c'
echo latin >$'caf\\xe9'; ln -s a.txt link; ln -s d dirlink
printf '#!/bin/sh\\n' >plugin; chmod +x plugin
find . -exec touch -h -d '1 hour ago' {} +
`;

/** Submits all cases, waits until all have ended, and collects their results. */
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

/** The folder of a job at home, by its number. */
export function homeOf(number: number): string {
  return `/home/alice/files/${number}`;
}

/** Makes the folders and submits; the clusters in the order of the cases. */
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
    timeout: 120,
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
list . >/var/tmp/files/seen/$N
echo "out of $N"
echo "err of $N" >&2
finish() { list . >/var/tmp/files/left/$N; exit "$1"; }
${job}
finish 0
`;
}

/** The ads of all jobs by cluster. Their bytes come through. */
export async function readAds(pool: Pool): Promise<Map<number, ClassAd>> {
  await pool.sh("condor_q -all -long >/var/tmp/files/ads");
  const text = decodeText(await pool.machine.readBytes("/var/tmp/files/ads"));
  const ads = text.trim().split(/\n\n+/).map((ad) => ClassAd.parseLong(ad));
  return new Map(ads.map((ad) => [Number(ad.evaluate("ClusterId")), ad]));
}

/** Lists what is new at home, fetches what is in SPOOL, and lists again. */
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
  await pool.sh(script.join("\n"), { timeout: 120 });
}

/** Reads what `list` printed. */
export function listingOf(bytes: Uint8Array): Listing {
  const entries = decodeText(bytes).split("\0").filter((entry) => entry !== "");
  return new Map(entries.map((entry) => {
    const blank = entry.indexOf(" ");
    const path = entry.slice(blank + 2).replace(/^\.\//, "");
    return [path, entry.slice(0, blank)];
  }));
}
