/**
 * What is in a folder, as text in which export ids and times of the run are
 * replaced, so that two runs can be compared.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join } from "@std/path";
import { readBundle } from "../../../lib/lumberjack/files/tree/bundle_reader.ts";
import { isBundleName } from "../../../lib/lumberjack/files/tree/compression.ts";
import { adsOf } from "../queue_fixture.ts";

/** By path, relative to the folder: what is there. */
export type Snapshot = ReadonlyMap<string, string>;

/** Describes everything below a folder. */
export async function snapshot(top: string): Promise<Snapshot> {
  const found = new Map<string, string>();
  for (const path of below(top, "")) {
    found.set(plain(path), await describe(join(top, path), path));
  }
  return found;
}

function* below(top: string, path: string): Generator<string> {
  const entries = [...Deno.readDirSync(join(top, path))];
  for (const { name, isDirectory } of entries) {
    const inner = path === "" ? name : `${path}/${name}`;
    yield inner;
    if (isDirectory) yield* below(top, inner);
  }
}

async function describe(full: string, path: string): Promise<string> {
  const { mode, uid, gid, isFile, mtime } = Deno.lstatSync(full);
  // The user replaces the queue by an updated one.
  const head = path === "queue.log"
    ? ""
    : `${(mode! & 0o7777).toString(8)} ${uid}:${gid}`;
  // Copies of inputs keep their times; all other files are as new as the run.
  const kept = /\/inputs\/\d+\/./.test(path) ? ` ${mtime!.getTime()}` : "";
  if (!isFile) return `folder ${head}${kept}`;
  return `file ${head}${kept}\n${await content(full, path)}`;
}

async function content(full: string, path: string): Promise<string> {
  const name = basename(path);
  // How often an append was begun is the journal's own affair.
  if (name === "user_logs.journal") return "";
  if (name.endsWith(".tmp")) return "";
  if (isBundleName(name)) return await bundleContent(full);
  if (name === "job.log") return eventsByJob(full);
  if (name === "SHA256SUMS") return sumsContent(full);
  if (
    name.endsWith("queue.log") || /^(after|home|back|other)\.log$/.test(name)
  ) {
    return queueContent(full);
  }
  return text(Deno.readFileSync(full), name);
}

function text(bytes: Uint8Array, name: string): string {
  const whole = plain(new TextDecoder("latin1").decode(bytes));
  if (name === "manifest.json" || name.endsWith(".json")) {
    // A repeated import counts only what was left for it.
    return whole.replace(/"[0-9a-f]{64}"/g, '"SHA256"')
      .replace(/"imported": \{[^}]*\}/, '"imported": {}');
  }
  if (whole.length < 3000) return whole;
  return createHash("sha256").update(whole).digest("hex");
}

/** The events job by job: a job may come home with a later import. */
function eventsByJob(full: string): string {
  const events = Deno.readTextFileSync(full).split(/(?<=\n\.\.\.\n)/);
  const job = (event: string) => /\((\d+\.\d+)/.exec(event)?.[1] ?? "";
  const jobs = [...new Set(events.map(job))].sort();
  return jobs.flatMap((id) => events.filter((event) => job(event) === id))
    .map(plain).join("");
}

function queueContent(full: string): string {
  try {
    const ads = adsOf(full);
    const keys = Object.keys(ads).sort();
    return keys.map((key) =>
      plain(`${key} ${JSON.stringify(Object.entries(ads[key]).sort())}`)
    ).join("\n");
  } catch (error) {
    return `damaged: ${error}`;
  }
}

async function bundleContent(full: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const entry of readBundle(full)) {
      const head = `${plain(entry.path)} ${entry.mode.toString(8)}`;
      if (entry.kind === "folder") {
        lines.push(`${head}/`);
        continue;
      }
      const body = await new Response(ReadableStream.from(entry.body)).bytes();
      const name = basename(entry.path);
      const isLog = name.endsWith("queue.log") || name === "SHA256SUMS";
      // A log tells when it was written, and SHA256SUMS has its checksum.
      lines.push(`${head} ${isLog ? body.length : text(body, name)}`);
    }
  } catch (error) {
    lines.push(`damaged: ${error}`);
  }
  return lines.sort().join("\n");
}

/** The names in SHA256SUMS, each with whether its checksum is right. */
function sumsContent(full: string): string {
  const folder = full.slice(0, -"/SHA256SUMS".length);
  return Deno.readTextFileSync(full).trim().split("\n").map((line) => {
    const sum = line.slice(0, 64), path = line.slice(66);
    try {
      const bytes = Deno.readFileSync(join(folder, path));
      const is = createHash("sha256").update(bytes).digest("hex");
      return `${plain(path)} ${is === sum ? "right" : "WRONG"}`;
    } catch {
      return `${plain(path)} missing`;
    }
  }).sort().join("\n");
}

/** Replaces export ids, times and random names. */
export function plain(text: string): string {
  const now = String(Math.floor(Date.now() / 1000)).slice(0, 5);
  const today = new Date().toISOString().slice(0, 10);
  return text.replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, "EXPORT")
    .replace(new RegExp(`\\b${now}\\d{5}\\b`, "g"), "NOW")
    .replace(
      new RegExp(`${today}[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z?`, "g"),
      "NOW",
    )
    .replace(/\.[0-9a-f]+\.tmp\b/g, ".RANDOM.tmp");
}

/** Returns what differs, in lines; empty if nothing does. */
export function differences(is: Snapshot, should: Snapshot): string[] {
  const lines: string[] = [];
  for (const [path, text] of should) {
    const found = is.get(path);
    if (found === undefined) lines.push(`missing: ${path}`);
    else if (found !== text) {
      lines.push(`differs: ${path}: ${first(found, text)}`);
    }
  }
  for (const path of is.keys()) {
    if (!should.has(path)) lines.push(`not expected: ${path}`);
  }
  return lines;
}

function first(is: string, should: string): string {
  const [a, b] = [is.split("\n"), should.split("\n")];
  const at = a.findIndex((line, index) => line !== b[index]);
  const [x = "", y = ""] = [
    a[at === -1 ? a.length : at],
    b[at === -1 ? a.length : at],
  ];
  let from = 0;
  while (from < x.length && x[from] === y[from]) from++;
  from = Math.max(0, from - 40);
  return `${JSON.stringify(x.slice(from, from + 120))} instead of ${
    JSON.stringify(y.slice(from, from + 120))
  }`;
}
