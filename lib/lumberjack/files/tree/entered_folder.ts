import { TreeError } from "./entry.ts";

/**
 * Works inside a folder, and makes sure that it is the folder that was meant.
 *
 * Deno has no openat. Instead this function uses the current directory. It
 * stays the same folder even if somebody changes its path, and the kernel says
 * where it really is. Therefore a symbolic link anywhere in `path` is noticed, also
 * if it is put there at this moment. Names without a slash cannot lead out of
 * the folder.
 *
 * `work` must not wait for anything: the current directory belongs to the whole
 * process. Throws {@linkcode TreeError} if `path` leads somewhere else.
 *
 * @param path The folder's absolute path, without a symbolic link in it.
 * @param work Uses names without a slash.
 */
export function inFolder<T>(path: string, work: () => T): T {
  const before = currentFolder();
  Deno.chdir(path);
  try {
    const entered = Deno.cwd();
    if (entered !== path) {
      throw new TreeError("there is a symbolic link in the path", {
        subject: `${path} is ${entered}`,
        remedy: "put a folder in the place of the link",
      });
    }
    return work();
  } finally {
    goBack(before);
  }
}

/**
 * After `sudo -u alice` the current directory may be one that alice may not
 * enter. She can reach nothing there by a relative path, so another directory
 * does as well.
 */
function goBack(before: string): void {
  try {
    Deno.chdir(before);
  } catch (error) {
    const isClosed = error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotFound;
    if (!isClosed) throw error;
    Deno.chdir("/");
  }
}

/** The current directory may have been removed. */
function currentFolder(): string {
  try {
    return Deno.cwd();
  } catch {
    return "/";
  }
}
