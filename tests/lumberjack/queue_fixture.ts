import { join } from "@std/path";
import {
  MemorySink,
  QueueLogWriter,
  QueueTable,
} from "../../lib/queue_log/mod.ts";

/** Attributes as text: `{ JobStatus: "1", Owner: '"alice"' }`. */
export type Attributes = Readonly<Record<string, string>>;

/** A cluster of a queue: its own attributes, and those of each proc. */
export interface ClusterFixture {
  readonly cluster: number;
  readonly attributes?: Attributes;
  readonly procs: readonly Attributes[];
}

/** What every vanilla job that may go has in its cluster ad. */
export const vanilla: Attributes = {
  Cmd: '"/bin/sh"',
  Iwd: '"/home/alice"',
  Owner: '"alice"',
  User: '"alice@test"',
  JobUniverse: "5",
  MyType: '"Job"',
  CurrentHosts: "0",
};

/** The bytes of a queue log as a schedd writes it on rotation. */
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

/** A folder that goes when the test ends. */
export class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "lumberjack-test-" });

  /** A path in it. */
  join(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Writes a file into it and gives its path. */
  write(name: string, content: Uint8Array | string): string {
    const path = this.join(name);
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return path;
  }

  /** Makes a folder in it and gives its path. */
  mkdir(name: string): string {
    const path = this.join(name);
    Deno.mkdirSync(path);
    return path;
  }

  /** Every path below it, sorted, those of folders with a slash at the end. */
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

/** The own attributes of every ad of a log, by key. */
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
 * Makes a queue log as an export leaves it that was interrupted between lock
 * and log: one job says that the export's log is not written yet.
 */
export function markPlanned(path: string, key: string, exportId: string): void {
  Deno.writeTextFileSync(
    path,
    `103 ${key} LumberjackExportPlanned "${exportId}"\n`,
    { append: true },
  );
}

/**
 * Plays the remote site: a copy of an exported log in which jobs have changed,
 * as text of attributes by job ID. Clusters are changed by their key.
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
