import { basename, join } from "@std/path";
import { DurableFile } from "../../../queue_log/mod.ts";
import { isBundleOf, type Transport, TransportError } from "./transport.ts";

/** Moves bundles through a folder that both sides see. */
export function folderTransport(path: string): Transport {
  return {
    send(file) {
      attempt("cannot put the bundle into the site's folder", path, () => {
        copyDurably(file, join(path, basename(file)));
      });
      return Promise.resolve();
    },
    receive(exportIds, folder) {
      attempt("cannot read the site's folder", path, () => {
        for (const { name, isFile } of Deno.readDirSync(path)) {
          if (!isFile || !isBundleOf(name, exportIds)) continue;
          copyDurably(join(path, name), join(folder, name));
        }
      });
      return Promise.resolve();
    },
  };
}

function attempt(what: string, path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TransportError(what, {
      cause,
      subject: `${path} (${why})`,
      remedy:
        "check that the folder is mounted, its permissions and free space",
    });
  }
}

/** Copies a file, unless one of that size is there. */
function copyDurably(from: string, to: string): void {
  using source = Deno.openSync(from, { read: true });
  const { size } = source.statSync();
  if (sizeOf(to) === size) return;
  using copy = new DurableFile(to, { mode: 0o600 });
  const piece = new Uint8Array(1 << 20);
  for (;;) {
    const count = source.readSync(piece);
    if (count === null) break;
    copy.writeSync(piece.subarray(0, count));
  }
  copy.commit({ replace: true });
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
