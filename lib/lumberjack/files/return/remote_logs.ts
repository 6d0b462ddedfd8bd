import { join } from "@std/path";
import type { JobId } from "../../job/id.ts";
import { remoteLogPath } from "../events/append_events.ts";
import { largestRemoteLog } from "../events/remote_events.ts";
import { isDiskFailure, readSteadily } from "../tree/steady_file.ts";

/** The user logs that the remote schedd wrote, one for each job. */
export class RemoteLogs {
  readonly #top: string;

  /** `top` is the top of the tree that came back. */
  constructor(top: string) {
    this.#top = top;
  }

  /**
   * Returns the bytes of a job's log. Undefined if there is none, or if it is too
   * large or no plain file: then its end is made from the job's ad. Throws
   * TreeError if the disk fails: a repeated import may find what ran there.
   */
  read(exportId: string, id: JobId): Uint8Array | undefined {
    try {
      using file = readSteadily(join(this.#top, remoteLogPath(exportId, id)), {
        follow: false,
      });
      if (file.size > largestRemoteLog) return undefined;
      const bytes = new Uint8Array(file.size);
      let at = 0;
      for (const piece of file.piecesSync()) {
        bytes.set(piece, at);
        at += piece.length;
      }
      return bytes;
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
