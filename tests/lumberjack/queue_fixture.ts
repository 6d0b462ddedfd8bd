import { join } from "@std/path";
import {
  MemorySink,
  QueueLogWriter,
  QueueTable,
} from "../../lib/queue_log/mod.ts";

/** Attributes as text: `{ JobStatus: "1", Owner: '"alice"' }`. */
export type Attributes = Readonly<Record<string, string>>;

/**
 * A cluster of a queue: the attributes of its cluster ad and of each proc ad.
 */
export interface ClusterFixture {
  readonly cluster: number;
  readonly attributes?: Attributes;
  readonly procs: readonly Attributes[];
}

/** The cluster ad of a vanilla job that may leave. */
export const vanilla: Attributes = {
  Cmd: '"/bin/sh"',
  Iwd: '"/home/alice"',
  Owner: '"alice"',
  User: '"alice@test"',
  JobUniverse: "5",
  MyType: '"Job"',
  CurrentHosts: "0",
};

/**
 * Returns the bytes of a queue log, as a schedd writes it when it rotates its
 * log.
 */
export function queueLog(
  clusters: readonly ClusterFixture[],
  next = 1 + Math.max(0, ...clusters.map(({ cluster }) => cluster)),
): Uint8Array {
  const sink = new MemorySink();
  const writer = new QueueLogWriter(sink);
  writer.historical(1, 1_700_000_000);
  writer.newAd("0.0", "Job");
  writer.set("0.0", "NextClusterNum", String(next));
  for (const { cluster, attributes = {}, procs } of clusters) {
    const key = `0${cluster}.-1`;
    writer.newAd(key, "Job");
    const all = { ...vanilla, ClusterId: String(cluster), ...attributes };
    for (const [name, value] of Object.entries(all)) {
      if (value !== "") writer.set(key, name, value);
    }
    procs.forEach((own, proc) => {
      const key = `${cluster}.${proc}`;
      writer.newAd(key, "Job");
      const all = {
        ProcId: String(proc),
        JobStatus: "1",
        GlobalJobId: `"test#${cluster}.${proc}#1700000000"`,
        ...own,
      };
      for (const [name, value] of Object.entries(all)) {
        if (value !== "") writer.set(key, name, value);
      }
    });
  }
  writer.flush();
  return sink.bytes();
}

/** A temporary folder, which is removed when the test ends. */
export class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "lumberjack-test-" });

  /** Returns a path in the folder. */
  join(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Writes a file into the folder and returns its path. */
  write(name: string, content: Uint8Array | string): string {
    const path = this.join(name);
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return path;
  }

  /** Makes a folder in the folder and returns its path. */
  mkdir(name: string): string {
    const path = this.join(name);
    Deno.mkdirSync(path);
    return path;
  }

  /**
   * Returns every path below the folder, sorted. Paths of folders end with a
   * slash.
   */
  list(path = ""): string[] {
    const names: string[] = [];
    for (const entry of Deno.readDirSync(this.join(path))) {
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      names.push(entry.isDirectory ? `${name}/` : name);
      if (entry.isDirectory) names.push(...this.list(name));
    }
    return names.sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Returns the attributes of every ad of a log, by the ad's key. */
export function adsOf(path: string): Record<string, Record<string, string>> {
  using table = QueueTable.open(path);
  const ads: Record<string, Record<string, string>> = {};
  for (const ad of table.ads()) {
    ads[ad.key] = Object.fromEntries(
      ad.names().map((name) => [name, ad.text(name)!]),
    );
  }
  return ads;
}

/**
 * Changes a queue log to that of an export that was interrupted after it locked
 * the jobs: one job says that the exported log is not written yet.
 */
export function markPlanned(path: string, key: string, exportId: string): void {
  Deno.writeTextFileSync(
    path,
    `103 ${key} LumberjackExportPlanned "${exportId}"\n`,
    { append: true },
  );
}

/**
 * Plays the remote site. Returns a copy of an exported log with changed
 * attributes, by the key of the job or cluster ad.
 */
export function returnedLog(
  exported: string,
  changes: Readonly<Record<string, Attributes>>,
): Uint8Array {
  const sink = new MemorySink();
  sink.writeSync(Deno.readFileSync(exported));
  const writer = new QueueLogWriter(sink);
  writer.begin();
  for (const [key, attributes] of Object.entries(changes)) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === "") writer.delete(key, name);
      else writer.set(key, name, value);
    }
  }
  writer.end();
  writer.flush();
  return sink.bytes();
}
