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

/** Whether a name is a full path. On Linux that is one that begins with `/`. */
export function isAbsolute(name: string): boolean {
  return name.startsWith("/");
}

/**
 * Why HTCondor on Linux does something else with a name than one would think:
 * it takes names that begin with `\` or `C:/` for full paths, as on Windows.
 */
function looksLikeWindows(name: string): boolean {
  return name.startsWith("\\") || /^.:[\\/]/s.test(name);
}

/** What stands after the last `/`; empty when the name ends with one. */
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

/** What stands before the last `/`; `.` when there is none, `/` for the root. */
export function folderName(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/** A path that is absolute already, or `folder` and the path. */
export function under(folder: string, path: string): string {
  return isAbsolute(path) ? path : `${folder.replace(/\/+$/, "")}/${path}`;
}

/**
 * Why a name cannot be used at all, whatever it names; undefined when it can.
 * HTCondor would read a name with a NUL as a shorter one, and no tool of ours
 * prints a name with a line end as one name.
 */
export function unusableName(name: string): string | undefined {
  if (name === "") return "the name is empty";
  if (name.includes("\0")) return "the name holds a NUL";
  if (/[\r\n]/.test(name)) return "the name holds a line end";
  if (looksLikeWindows(name)) return "the name is a Windows path";
  return undefined;
}

/**
 * Why HTCondor would not write to a path below a job's folder or sandbox
 * (file_transfer.cpp, `LegalPathInSandbox`); undefined when it would.
 */
export function illegalBelow(path: string): string | undefined {
  if (isAbsolute(path)) return "the name is absolute";
  if (path.split("/").includes("..")) return "the name leaves its folder (..)";
  return unusableName(path);
}
