import { userInfo } from "node:os";

/** The numbers by which the system knows a user. */
export interface UserIds {
  /** The user's id. */
  readonly uid: number;
  /** The id of the user's first group. */
  readonly gid: number;
}

/**
 * Returns the home directory of the user who runs this, by the entry in the
 * user database. HTCondor looks there and not at $HOME (`find_user_file` in
 * condor_utils/condor_config.cpp): a service may have no HOME, and SCHEDD_CRON
 * gives user condor that of root. Undefined when there is no such entry.
 */
export function homeDirectory(): string | undefined {
  try {
    return userInfo().homedir ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Looks a user up as the system does (getent, so that LDAP and the like count),
 * or in /etc/passwd where getent cannot be run. Undefined: no such user.
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
