import { userInfo } from "node:os";

/** The numeric ids of a user. */
export interface UserIds {
  /** The user's id. */
  readonly uid: number;
  /** The id of the user's first group. */
  readonly gid: number;
}

/**
 * Returns the home directory of the user who runs this program, from the user
 * database, or undefined if the user has no entry. HTCondor uses this entry and
 * not $HOME (`find_user_file` in condor_utils/condor_config.cpp). A service may
 * have no HOME, and SCHEDD_CRON gives user condor the HOME of root.
 */
export function homeDirectory(): string | undefined {
  try {
    return userInfo().homedir ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns a user's ids, or undefined if there is no such user. getent is asked,
 * because it also knows users of LDAP and similar services. If getent cannot be
 * run, /etc/passwd is read.
 */
export function findUser(name: string): UserIds | undefined {
  const line = askGetent(name) ?? readPasswd(name);
  const fields = line?.split(":") ?? [];
  const uid = Number(fields[2]);
  const gid = Number(fields[3]);
  if (fields[0] !== name || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    return undefined;
  }
  return { uid, gid };
}

function askGetent(name: string): string | undefined {
  try {
    const { success, stdout } = new Deno.Command("getent", {
      args: ["passwd", "--", name],
      stdin: "null",
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

function readPasswd(name: string): string | undefined {
  try {
    return Deno.readTextFileSync("/etc/passwd").split("\n").find((line) =>
      line.startsWith(`${name}:`)
    );
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
}
