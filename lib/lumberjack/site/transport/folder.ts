import { basename, join } from "@std/path";
import {
  DurableFile,
  type DurableFileOptions,
} from "../../../queue_log/mod.ts";
import { oneLine } from "../retry.ts";
import { writeProbe } from "./check.ts";
import { isBundleOf, type Transport, TransportError } from "./transport.ts";

const cannotPut = "cannot put the bundle into the site's folder";

/** Moves bundles through a folder that both sides see. */
export function folderTransport(path: string): Transport {
  return {
    send(file) {
      return attempt(
        cannotPut,
        path,
        () => {
          copyDurably(file, join(path, basename(file)), accessIn(path));
        },
      );
    },
    async *check({ writes }) {
      await attempt("cannot read the site's folder", path, () => {
        for (const _ of Deno.readDirSync(path));
      });
      yield { step: "folder", message: `${path} can be read` };
      if (!writes) return;
      await attempt(cannotPut, path, () => {
        using probe = writeProbe();
        const there = join(path, basename(probe.path));
        copyDurably(probe.path, there, accessIn(path));
        probe.compare(there, path);
        Deno.removeSync(there);
      });
      yield { step: "file", message: `a file was written to ${path} and read` };
      const message =
        "not looked for: a folder does not say which host reads it";
      yield { step: "executable", message };
    },
    receive(exportIds, folder) {
      return attempt("cannot read the site's folder", path, () => {
        for (const { name, isFile } of Deno.readDirSync(path)) {
          if (!isFile || !isBundleOf(name, exportIds)) continue;
          copyDurably(join(path, name), join(folder, name));
        }
      });
    },
  };
}

/** Does the work, and turns what it throws into a TransportError. */
function attempt(
  what: string,
  path: string,
  work: () => void,
): Promise<void> {
  try {
    work();
    return Promise.resolve();
  } catch (cause) {
    const error = new TransportError(what, {
      cause,
      subject: `${path} (${oneLine(cause)})`,
      remedy:
        "check that the folder is mounted, its permissions and free space",
    });
    return Promise.reject(error);
  }
}

/**
 * Who may read a bundle in the site's folder: the folder's group, and if we are
 * root, its owner, because that is who takes the bundle from there.
 */
function accessIn(folder: string): DurableFileOptions {
  const { uid, gid } = Deno.statSync(folder);
  const isRoot = Deno.uid() === 0 && uid !== null && gid !== null;
  return { mode: 0o640, ...(isRoot ? { owner: { uid, gid } } : {}) };
}

/** Copies a file, unless one of that size is there that is as new. */
export function copyDurably(
  from: string,
  to: string,
  access: DurableFileOptions = { mode: 0o600 },
): void {
  using source = Deno.openSync(from, { read: true });
  const { size, mtime } = source.statSync();
  const there = fileAt(to);
  if (there?.size === size && Number(there.mtime) >= Number(mtime)) return;
  using copy = new DurableFile(to, access);
  const piece = new Uint8Array(1 << 20);
  for (;;) {
    const count = source.readSync(piece);
    if (count === null) break;
    copy.writeSync(piece.subarray(0, count));
  }
  copy.commit({ replace: true });
}

function fileAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
