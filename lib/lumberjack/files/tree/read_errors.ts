import { TreeError } from "./entry.ts";

/** The error for a file that cannot be opened. */
export function cannotRead(path: string, cause: unknown): TreeError {
  return new TreeError("cannot read the file", {
    cause,
    subject: path,
    remedy: "check that it exists and that its owner may read it",
  });
}

/** The error for a file that changed while it was read. */
export function changedMeanwhile(path: string): TreeError {
  return new TreeError("a file changed while it was read", {
    subject: path,
    remedy: "try again when nothing writes to it",
  });
}
