import { basename, join } from "@std/path";
import { DurableFile } from "../../../queue_log/mod.ts";
import { oneLine } from "../retry.ts";
import { isBundleOf, type Transport, TransportError } from "./transport.ts";

/** Moves bundles through a folder that both sides see. */
export function folderTransport(path: string): Transport {
  return {
    send(file) {
      return attempt(
        "cannot put the bundle into the site's folder",
        path,
        () => {
          copyDurably(file, join(path, basename(file)));
        },
      );
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
