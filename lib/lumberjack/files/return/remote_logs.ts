import { basename, dirname, join } from "@std/path";
import type { JobId } from "../../job/id.ts";
import { remoteLogPath } from "../events/append_events.ts";
import { largestRemoteLog } from "../events/remote_events.ts";
import { inFolder } from "../tree/entered_folder.ts";
import { FileInFolder } from "../tree/file_in_folder.ts";
import { isDiskFailure } from "../tree/steady_file.ts";

/** The user logs that the remote schedd wrote, one for each job. */
export class RemoteLogs {
  readonly #top: string;

  /** `top` is the top of the tree that came back. */
  constructor(top: string) {
    // No link below it is followed: its owner may put one there at any time.
    this.#top = Deno.realPathSync(top);
  }

  /**
   * Returns the bytes of a job's log. Undefined if there is none, or if it is too
   * large or no plain file: then its end is made from the job's ad. Throws
   * the error of a disk that fails: a repeated import may find what ran there.
   */
  read(exportId: string, id: JobId): Uint8Array | undefined {
    const path = join(this.#top, remoteLogPath(exportId, id));
    try {
      return inFolder(dirname(path), () => {
        using file = new FileInFolder(basename(path), path);
        return file.size > largestRemoteLog ? undefined : file.readWhole();
      });
    } catch (error) {
      if (isDiskFailure(error)) throw error;
      return undefined;
    }
  }
}

/** Whether a path of a tree is that of a remote log that is read. */
export function isRemoteLog(path: string, size: number): boolean {
  return size <= largestRemoteLog &&
    /^lumberjack\/[^/]+\/logs\/\d+\.\d+\.log$/.test(path);
}
