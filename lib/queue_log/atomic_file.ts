import { DurableFile } from "./durable_file.ts";
import { QueueLogError } from "./errors.ts";

/**
 * Writes a new file completely or not at all. An existing file is not replaced.
 *
 * Throws {@linkcode QueueLogError}, and the errors of `write`.
 */
export function writeNewFile(
  path: string,
  write: (file: DurableFile) => void,
): void {
  refuseExisting(path);
  using file = new DurableFile(path, { mode: 0o600 });
  write(file);
  file.commit({ replace: false });
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
