/**
 * Carries bundles from the remote side, where only that side may open
 * connections: brings what the home side has put down for this site, and sends
 * what goes home. Run it from a crontab on the login node.
 *
 * @module
 */
import { join } from "@std/path";
import {
  removeUnfinished,
  syncFolder,
  writeTextDurably,
} from "../../queue_log/mod.ts";
import { LumberjackError } from "../error.ts";
import { FolderLock } from "../export_dir/folder_lock.ts";
import { isExportId } from "../export_dir/manifest.ts";
import { isBundleName } from "../files/tree/compression.ts";
import { oneLine } from "./retry.ts";
import type { Place } from "./site.ts";
import { copyDurably } from "./transport/folder.ts";
import { receiveBySsh } from "./transport/rsync.ts";
import { transportOf } from "./transport/choose.ts";

/** What to carry. */
export interface CarryRequest {
  /** Where the home side puts bundles for this site (its `SHIP`), as seen from here. */
  readonly ship: Place;
  /** Where the home side looks for bundles (its `FETCH`), as seen from here. */
  readonly fetch: Place;
  /** The folder for bundles and lists of cancelled jobs that arrive here. */
  readonly in: string;
  /** The folder with bundles that go home. */
  readonly out: string;
}

/** What was carried. */
export interface Carried {
  /** Whether another run was under way, so that this one did nothing. */
  readonly isBusy: boolean;
  /** The names of files that arrived. */
  readonly arrived: readonly string[];
  /** The names of bundles that were sent home. */
  readonly sent: readonly string[];
  /** Bundles whose names do not begin with an export's id: nobody at home would fetch them. */
  readonly unknown: readonly string[];
}

/**
 * Carries everything that was not carried yet, in both directions. A bundle
 * arrives once only: when it was taken away from `in`, it does not come again. May
 * be killed at any instruction, and repeated. A failure in one direction does not
 * hold up the other; it is thrown at the end.
 */
export async function carry(request: CarryRequest): Promise<Carried> {
  for (const place of [request.ship, request.fetch]) requireReachable(place);
  const waiting = join(request.in, ".lumberjack-carry");
  usingFolder(request.in, () => Deno.mkdirSync(waiting, { recursive: true }));
  using lock = FolderLock.take(waiting);
  const none = { arrived: [], sent: [], unknown: [] };
  if (lock === undefined) return { isBusy: true, ...none };
  const memory = new CarryMemory(join(waiting, "carried.json"));
  const problems: unknown[] = [];
  const arrived = await bring(request, waiting, memory)
    .catch((error) => void problems.push(error)) ?? [];
  const sent: string[] = [];
  const unknown: string[] = [];
  try {
    for (const name of bundlesIn(request.out)) {
      if (!isCarried(name)) unknown.push(name);
      else if (!memory.sent.has(name)) {
        await transportOf(request.fetch, "").send(join(request.out, name));
        memory.addSent(name);
        sent.push(name);
      }
    }
  } catch (error) {
    problems.push(error);
  }
  if (problems.length > 0) throw problems[0];
  return { isBusy: false, arrived, sent, unknown };
}

function requireReachable(place: Place): void {
  if (place.kind !== "command") return;
  throw new LumberjackError("bundles cannot be carried by a command", {
    subject: place.argv.join(" "),
    remedy: "name a folder (/path) or rsync:HOST:/path",
  });
}

/** Whether a file is carried: a bundle of an export, or its list of cancelled jobs. */
function isCarried(name: string): boolean {
  const isOfExport = isExportId(name.split(".")[0]);
  return isOfExport && (isBundleName(name) || name.endsWith(".cancel"));
}

/**
 * Brings what is new. Files wait in a hidden folder until it is noted that they are
 * here: a bundle that was taken from `in` must not come again, or its jobs would run
 * twice. A list of cancelled jobs comes each time, because it grows.
 */
async function bring(
  { ship, in: folder }: CarryRequest,
  waiting: string,
  memory: CarryMemory,
): Promise<string[]> {
  const known = [...memory.arrived];
  if (ship.kind === "rsync") await bringBySsh(ship, waiting, known);
  else bringFrom(ship.kind === "folder" ? ship.path : "", waiting, known);
  const arrived = [...Deno.readDirSync(waiting)]
    .filter(({ name, isFile }) => isFile && isCarried(name))
    .map(({ name }) => name).sort();
  memory.addArrived(arrived.filter(isBundleName));
  const news = arrived.filter((name) =>
    !sameText(join(waiting, name), join(folder, name))
  );
  for (const name of arrived) {
    Deno.renameSync(join(waiting, name), join(folder, name));
  }
  syncFolder(folder);
  return news;
}

async function bringBySsh(
  { host, path }: { readonly host: string; readonly path: string },
  to: string,
  known: readonly string[],
): Promise<void> {
  const filter = [
    ...known.map((name) => `- /${name}`),
    ...["tar", "tar.gz", "tgz", "tar.zst", "cancel"]
      .map((ending) => `+ /[0-9]*T[0-9]*Z-*.${ending}`),
    "- *",
  ];
  await receiveBySsh({ host, path }, to, filter);
}

function bringFrom(path: string, to: string, known: readonly string[]): void {
  for (
    const { name, isFile } of usingFolder(
      path,
      () => [...Deno.readDirSync(path)],
    )
  ) {
    if (!isFile || !isCarried(name) || known.includes(name)) continue;
    // A killed run may have left a part of it.
    removeUnfinished(join(to, name));
    copyDurably(join(path, name), join(to, name));
  }
}

/** Whether a small file is there already as it is. */
function sameText(path: string, there: string): boolean {
  if (isBundleName(path)) return false;
  try {
    return Deno.readTextFileSync(path) === Deno.readTextFileSync(there);
  } catch {
    return false;
  }
}

/** Does something in a folder that the user has named. */
function usingFolder<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new LumberjackError("cannot use the folder for bundles", {
      ...{ cause, subject: `${folder} (${oneLine(cause)})` },
      remedy: "make it, as the user who runs this",
    });
  }
}

function bundlesIn(folder: string): string[] {
  return usingFolder(folder, () => [...Deno.readDirSync(folder)])
    .filter(({ name, isFile }) =>
      isFile && isBundleName(name) && !name.startsWith(".")
    )
    .map(({ name }) => name).sort();
}

/** The names of bundles that were carried, durably. */
class CarryMemory {
  readonly #path: string;
  readonly arrived: Set<string>;
  readonly sent: Set<string>;

  constructor(path: string) {
    this.#path = path;
    const { arrived, sent } = readMemory(path);
    this.arrived = new Set(arrived);
    this.sent = new Set(sent);
  }

  addArrived(names: readonly string[]): void {
    for (const name of names) this.arrived.add(name);
    if (names.length > 0) this.#write();
  }

  addSent(name: string): void {
    this.sent.add(name);
    this.#write();
  }

  #write(): void {
    const { arrived, sent } = this;
    const text = JSON.stringify({ arrived: [...arrived], sent: [...sent] });
    writeTextDurably(this.#path, text + "\n", { mode: 0o600 });
  }
}

function readMemory(path: string): { arrived: string[]; sent: string[] } {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { arrived: [], sent: [] };
    throw error;
  }
  try {
    const { arrived, sent } = JSON.parse(text);
    const names = (value: unknown) => {
      if (!Array.isArray(value)) throw new Error("no list");
      return value.filter((name): name is string =>
        typeof name === "string" && isCarried(name)
      );
    };
    return { arrived: names(arrived), sent: names(sent) };
  } catch (cause) {
    // Without it, bundles could arrive twice.
    throw new LumberjackError("cannot read which bundles have arrived", {
      ...{ cause, subject: path },
      remedy:
        "correct the file, or remove it if no bundle that was here is left " +
        "on the home side",
    });
  }
}
