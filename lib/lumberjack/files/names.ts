/**
 * File names as HTCondor's file transfer reads them (condor_utils/basename.cpp,
 * condor_url.cpp, file_transfer.cpp): which are URLs, which are absolute, and
 * what is left of a name when its folder is taken off.
 *
 * @module
 */

/** The name that stands for "no file" in In, Out and Err. */
export const nullFile = "/dev/null";

/**
 * Whether HTCondor takes a name for a URL: a scheme, `://`, and at least one
 * character more (condor_url.cpp, `IsUrl`).
 */
export function isUrl(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/./s.test(name);
}

/** Whether a name is a full path: on Linux, whether it begins with `/`. */
export function isAbsolute(name: string): boolean {
  return name.startsWith("/");
}

/**
 * Whether a name looks like a Windows path. HTCondor takes names that begin with
 * `\` or `C:/` for full paths, on Linux too.
 */
function looksLikeWindows(name: string): boolean {
  return name.startsWith("\\") || /^.:[\\/]/s.test(name);
}

/** Returns what stands after the last `/`; empty if the name ends with one. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * The name that HTCondor gives to what it fetches from a URL: the last part of
 * the path, without the query.
 */
export function urlBaseName(url: string): string {
  return baseName(url.replace(/\?.*$/s, ""));
}

/** Returns what stands before the last `/`: `.` if there is none, `/` for the root. */
export function folderName(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/** Returns `path` if it is absolute, else `folder` and `path`. */
export function under(folder: string, path: string): string {
  return isAbsolute(path) ? path : `${folder.replace(/\/+$/, "")}/${path}`;
}

/**
 * Returns why a name cannot be used at all, or undefined if it can. HTCondor
 * reads a name only up to a NUL, and a name with a line end cannot be shown on
 * one line.
 */
export function unusableName(name: string): string | undefined {
  if (name === "") return "the name is empty";
  if (name.includes("\0")) return "the name holds a NUL";
  if (/[\r\n]/.test(name)) return "the name holds a line end";
  if (looksLikeWindows(name)) return "the name is a Windows path";
  return undefined;
}

/**
 * Returns why HTCondor would not write to a path below a job's folder or sandbox
 * (file_transfer.cpp, `LegalPathInSandbox`), or undefined if it would.
 */
export function illegalBelow(path: string): string | undefined {
  if (isAbsolute(path)) return "the name is absolute";
  if (path.split("/").includes("..")) return "the name leaves its folder (..)";
  return unusableName(path);
}
