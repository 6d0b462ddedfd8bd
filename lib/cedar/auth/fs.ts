/**
 * FS: the server names a directory, we make it, the server looks at who owns
 * it. After `condor_io/condor_auth_fs.cpp`.
 *
 * Since 25.14 the name tells the server's address, so that a daemon cannot pass
 * our proof on to another one: a name that ends in `_` asks us to append the
 * address that we see, and `?sock=` with the shared port id, and to tell so.
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
            "FS works on the daemon's own host only, with a shared FS_LOCAL_DIR (/tmp): use IDTOKENS or SSL from elsewhere",
        });
      }
    } finally {
      if (failure === undefined) removeDirectory(path);
    }
    return {};
  },
};

/** The directory to make, or why we refuse to. */
function rendezvous(
  named: string,
  remote: NetworkAddress,
  context: AuthContext,
): { path: string; extension: string; refusal?: MethodError } {
  if (named === "") {
    return {
      path: "",
      extension: "",
      refusal: new MethodError("server could not choose a directory", {
        code: "FS:1001",
        remedy: "look at the server's log, and at its FS_LOCAL_DIR",
      }),
    };
  }
  const extension = named.endsWith("_")
    ? addressExtension(remote, context.address)
    : "";
  const path = named + extension;
  // Whoever answers chooses the path: take none but what HTCondor would name.
  if (
    !/^FS_[A-Za-z0-9_.:[\]%?=-]+$/.test(basename(path)) ||
    !dirname(path).startsWith("/")
  ) {
    return {
      path,
      extension,
      refusal: new MethodError(
        `server names a directory that is not one of FS: ${path}`,
        {
          code: "FS:1004",
        },
      ),
    };
  }
  const enforce = context.policy.fs.enforceChannelBinding ?? false;
  const prefix = `FS_${remote.host}_${remote.port}_`;
  if (enforce && extension === "" && !basename(path).startsWith(prefix)) {
    return {
      path,
      extension,
      refusal: new MethodError(
        "directory name does not match the server's network address",
        {
          code: "FS:1004",
          remedy:
            "servers before 25.14 do not name it: set SEC_FS_ENFORCE_CHANNEL_BINDING to false",
        },
      ),
    };
  }
  return { path, extension };
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
    // The umask may have taken bits that the server wants to see.
    Deno.chmodSync(path, 0o700);
    return undefined;
  } catch (cause) {
    return new MethodError(
      `mkdir(${path}): ${cause instanceof Error ? cause.message : cause}`,
      {
        code: "FS:1000",
        cause,
        remedy:
          "FS works on the daemon's own host only: use IDTOKENS or SSL from elsewhere",
      },
    );
  }
}

function removeDirectory(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The server, too, removes it.
  }
}
