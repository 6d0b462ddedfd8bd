import { DurableFile } from "./durable_file.ts";
import { QueueLogError } from "./errors.ts";

/**
 * Writes a new file completely or not at all. An existing file is not replaced.
 * If root writes it, it gets the owner of the file `like`: the daemon that reads
 * that one has to be able to read the new one.
 *
 * Throws {@linkcode QueueLogError}, and the errors of `write`.
 */
export function writeNewFile(
  path: string,
  like: string,
  write: (file: DurableFile) => void,
): void {
  refuseExisting(path);
  using file = new DurableFile(path, { mode: 0o600, owner: ownerOf(like) });
  write(file);
  file.commit({ replace: false });
}

function ownerOf(path: string): { uid: number; gid: number } | undefined {
  if (Deno.uid() !== 0) return undefined;
  const { uid, gid } = Deno.statSync(path);
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

function refuseExisting(path: string): void {
  try {
    Deno.lstatSync(path);
  } catch {
    return;
  }
  throw new QueueLogError("file exists already", {
    subject: path,
    remedy: "name a new file; an existing file is never overwritten",
  });
}
