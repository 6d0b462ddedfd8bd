/**
 * FS: the server names a directory, we make it, and the server checks who owns
 * it. The code follows `condor_io/condor_auth_fs.cpp`.
 *
 * Since 25.14 the name contains the server's address, so that a daemon cannot
 * use our proof at another daemon. If the name ends with `_`, we append the
 * address that we see (and `?sock=` with the shared port id), and send the
 * server what we appended.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { CedarProtocolError } from "../errors.ts";
import type { NetworkAddress, Sinful } from "../sinful.ts";
import type { ReliSock } from "../reli_sock.ts";
import {
  type AuthContext,
  type Authenticator,
  type AuthOutcome,
  MethodError,
} from "./authenticator.ts";

/** The method FS. */
export const fs: Authenticator = {
  name: "FS",
  bit: 4,
  async authenticate(
    sock: ReliSock,
    context: AuthContext,
  ): Promise<AuthOutcome> {
    const { reader, writer } = sock;
    const named = await reader.getString();
    await reader.endOfMessage();
    const { path, extension, refusal } = rendezvous(
      named,
      sock.transport.remote,
      context,
    );
    const failure = refusal ?? makeDirectory(path);
    try {
      writer.putInt(failure === undefined ? 0 : -1);
      if (extension !== "") writer.putString(extension);
      writer.endOfMessage();
      const verdict = await reader.getInt();
      await reader.endOfMessage();
      if (failure) throw failure;
      if (verdict !== 0) {
        throw new MethodError(`server did not accept the directory ${path}`, {
          code: "FS:1005",
          remedy:
            "FS works only on the daemon's own host, with a shared FS_LOCAL_DIR (/tmp): from another host use IDTOKENS or SSL",
        });
      }
    } finally {
      if (failure === undefined) removeDirectory(path);
    }
    return {};
  },
};

/** Returns the directory to make, or why we refuse to make it. */
function rendezvous(
  named: string,
  remote: NetworkAddress,
  context: AuthContext,
): { path: string; extension: string; refusal?: MethodError } {
  if (named === "") {
    const refusal = new MethodError("server could not choose a directory", {
      code: "FS:1001",
      remedy: "check the server's log, and its FS_LOCAL_DIR",
    });
    return { path: "", extension: "", refusal };
  }
  const extension = named.endsWith("_")
    ? addressExtension(remote, context.address)
    : "";
  const path = named + extension;
  const refusal = whyRefused(path, extension, remote, context);
  return { path, extension, refusal };
}

function whyRefused(
  path: string,
  extension: string,
  remote: NetworkAddress,
  context: AuthContext,
): MethodError | undefined {
  // Any server can send a path. Only a path that HTCondor would choose is
  // accepted.
  if (
    !/^FS_[A-Za-z0-9_.:[\]%?=-]+$/.test(basename(path)) ||
    !dirname(path).startsWith("/")
  ) {
    return new MethodError(
      `server names a directory that FS does not use: ${path}`,
      { code: "FS:1004" },
    );
  }
  const enforce = context.policy.fs.enforceChannelBinding ?? false;
  const prefix = `FS_${remote.host}_${remote.port}_`;
  if (enforce && extension === "" && !basename(path).startsWith(prefix)) {
    return new MethodError(
      "directory name does not match the server's network address",
      {
        code: "FS:1004",
        remedy:
          "servers before 25.14 do not name their address: set SEC_FS_ENFORCE_CHANNEL_BINDING to false",
      },
    );
  }
  return undefined;
}

function addressExtension(remote: NetworkAddress, address: Sinful): string {
  const host = remote.host.includes(":") ? `[${remote.host}]` : remote.host;
  const id = address.sharedPortId;
  return `${host}:${remote.port}${id === undefined ? "" : `?sock=${id}`}`;
}

function makeDirectory(path: string): MethodError | undefined {
  if (path.length > 4096) throw new CedarProtocolError("path is too long");
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    // The umask may have removed bits that the server checks.
    Deno.chmodSync(path, 0o700);
    return undefined;
  } catch (cause) {
    return new MethodError(
      `cannot create the directory ${path}: ${
        cause instanceof Error ? cause.message : cause
      }`,
      {
        code: "FS:1000",
        cause,
        remedy:
          "FS works only on the daemon's own host: from another host use IDTOKENS or SSL",
      },
    );
  }
}

function removeDirectory(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The server removes the directory too.
  }
}
