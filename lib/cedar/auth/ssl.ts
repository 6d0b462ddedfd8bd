/**
 * SSL: a TLS handshake whose bytes travel in CEDAR messages. The code follows
 * `condor_io/condor_auth_ssl.cpp`.
 *
 * 1. Server and client tell each other whether they can use SSL (0).
 * 2. Client and server take turns. Each sends a status, a length, and bytes of
 *   TLS. The handshake is done when both have sent the status "holding" (4).
 * 3. In the same way, starting with the server, 256 random bytes are sent
 *   through TLS. They once became the session key. Here they only prove that
 *   TLS works.
 *
 * A status of 3 ends the attempt. The server's certificate must be valid for
 * the host name: the `alias` of the address, or the name that we connected to.
 *
 * @module
 */

import { join } from "node:path";
import { CedarProtocolError } from "../errors.ts";
import type { SslOptions } from "../policy.ts";
import type { ReliSock } from "../reli_sock.ts";
import type { Sinful } from "../sinful.ts";
import {
  type AuthContext,
  type Authenticator,
  type AuthOutcome,
  MethodError,
} from "./authenticator.ts";
import { TlsEngine, type TlsEngineOptions } from "./tls_engine.ts";
import { outOfDate, thisClock } from "./validity.ts";

const status = { error: -1, ok: 0, receiving: 2, quitting: 3, holding: 4 };

/** The most bytes of TLS in one message. */
const messageLength = 1024 * 1024;

/** The most messages in one phase. */
const mostRounds = 256;

/** The files in which systems keep the authorities that they trust. */
const systemAuthorities = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** The method SSL. */
export const ssl: Authenticator = {
  name: "SSL",
  bit: 256,
  unusable(context) {
    const options = engineOptions(context);
    return options instanceof MethodError ? options : undefined;
  },
  async authenticate(
    sock: ReliSock,
    context: AuthContext,
  ): Promise<AuthOutcome> {
    const options = engineOptions(context);
    if (options instanceof MethodError) {
      await shareStatus(sock, status.error);
      throw options;
    }
    const engine = await TlsEngine.start(options);
    try {
      if (await shareStatus(sock, status.ok) !== status.ok) {
        throw new MethodError("server cannot use SSL", {
          remedy:
            "check AUTH_SSL_SERVER_CERTFILE and AUTH_SSL_SERVER_KEYFILE there, and the daemon's log",
        });
      }
      await shakeHands(sock, engine, context);
      await receiveKey(sock, engine, context);
      return {};
    } finally {
      engine.close();
    }
  },
};

async function shareStatus(
  { reader, writer }: ReliSock,
  ours: number,
): Promise<number> {
  const theirs = await reader.getInt();
  await reader.endOfMessage();
  writer.putInt(ours).endOfMessage();
  return theirs;
}

async function shakeHands(
  sock: ReliSock,
  engine: TlsEngine,
  context: AuthContext,
): Promise<void> {
  let ours = status.receiving, theirs = status.receiving;
  for (let round = 1; round <= mostRounds; round++) {
    if (round % 2 === 1) {
      const bytes = await engine.output(
        () => engine.secure,
        context.policy.timeouts.read,
      );
      ours = engine.error
        ? status.quitting
        : engine.secure
        ? status.holding
        : status.receiving;
      send(sock, ours, bytes);
      if (engine.error) throw tlsFailure(engine.error, context);
    } else {
      theirs = await receive(sock, engine);
    }
    if (theirs === status.quitting || theirs === status.error) {
      throw rejected(context);
    }
    if (ours === status.holding && theirs === status.holding) return;
  }
  throw new CedarProtocolError("too many messages in the TLS handshake");
}

async function receiveKey(
  sock: ReliSock,
  engine: TlsEngine,
  context: AuthContext,
): Promise<void> {
  let ours = status.receiving, theirs = status.receiving;
  const arrived = () => engine.plainLength > 0;
  for (let round = 1; round <= mostRounds; round++) {
    if (round % 2 === 1) {
      theirs = await receive(sock, engine);
    } else {
      const bytes = await engine.output(
        arrived,
        context.policy.timeouts.read,
      );
      ours = engine.error
        ? status.quitting
        : arrived()
        ? status.holding
        : status.receiving;
      send(sock, ours, bytes);
      if (engine.error) throw tlsFailure(engine.error, context);
    }
    if (theirs === status.quitting) throw rejected(context);
    if (ours === status.holding && theirs === status.holding) return;
  }
  throw new CedarProtocolError("too many messages after the TLS handshake");
}

function send({ writer }: ReliSock, ours: number, bytes: Uint8Array): void {
  writer.putInt(ours).putInt(bytes.length).putBytes(bytes).endOfMessage();
}

async function receive(
  { reader }: ReliSock,
  engine: TlsEngine,
): Promise<number> {
  const theirs = await reader.getInt();
  const length = await reader.getInt();
  if (length < 0 || length > messageLength) {
    throw new CedarProtocolError(`${length} bytes of TLS are out of range`);
  }
  engine.feed(await reader.getBytes(length));
  await reader.endOfMessage();
  return theirs;
}

function engineOptions(context: AuthContext): TlsEngineOptions | MethodError {
  const { ssl } = context.policy;
  const serverName = ssl.skipHostCheck ? "" : hostName(context.address);
  if (serverName === undefined) {
    return new MethodError(
      "the certificate cannot be checked because the daemon's host name is not known",
      {
        remedy:
          "name the daemon by its host name, not by its IP address, or set SSL_SKIP_HOST_CHECK",
      },
    );
  }
  try {
    const ours = usedCertificate(ssl);
    return {
      serverName,
      authorities: readAuthorities(ssl),
      certificate: ours?.certificate,
      key: ours?.key,
    };
  } catch (cause) {
    return new MethodError(
      `cannot read the certificates: ${
        cause instanceof Error ? cause.message : cause
      }`,
      {
        cause,
        remedy:
          "check AUTH_SSL_CLIENT_CAFILE, AUTH_SSL_CLIENT_CADIR, AUTH_SSL_CLIENT_CERTFILE and AUTH_SSL_CLIENT_KEYFILE",
      },
    );
  }
}

/**
 * Returns the name that the certificate must have: the alias, or the name that
 * we connected to.
 */
function hostName({ alias, host }: Sinful): string | undefined {
  if (alias !== undefined) return alias;
  return /^[\d.]+$/.test(host) || host.includes(":") ? undefined : host;
}

function readAuthorities(ssl: SslOptions): string[] {
  const authorities: string[] = [];
  // If several files are given, HTCondor uses the last one that it can read.
  const own = readable(ssl.caFile).at(-1)?.text;
  if (own !== undefined) authorities.push(own);
  if (ssl.caDir !== undefined) authorities.push(...readFolder(ssl.caDir));
  if (ssl.useDefaultCas ?? true) {
    const system = readable(systemAuthorities.join(","))[0]?.text;
    if (system !== undefined) authorities.push(system);
  }
  return authorities;
}

/**
 * Returns our certificate and its key. If the key cannot be read, the
 * certificate is not used: the host's own certificate is for its daemons only.
 */
function usedCertificate(
  ssl: SslOptions,
): { file: string; certificate: string; key: string } | undefined {
  const keys = readable(ssl.keyFile);
  return readable(ssl.certFile).flatMap(({ index, file, text }) => {
    const key = keys.find((k) => k.index === index);
    return key === undefined
      ? []
      : [{ file, certificate: text, key: key.text }];
  }).at(-1);
}

/** Returns the readable files of a list that is separated by commas. */
function readable(
  list: string | undefined,
): { index: number; file: string; text: string }[] {
  return (list ?? "").split(",").flatMap((name, index) => {
    try {
      const file = name.trim();
      return [{ index, file, text: Deno.readTextFileSync(file) }];
    } catch {
      return [];
    }
  });
}

/**
 * Returns the certificates of a folder. Files without a certificate are
 * skipped.
 */
function readFolder(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter((entry) => !entry.isDirectory)
    .map((entry) => join(folder, entry.name))
    .filter((file) => Deno.statSync(file).size < messageLength)
    .map((file) => Deno.readTextFileSync(file))
    .filter((text) => text.includes("-----BEGIN CERTIFICATE-----"));
}

function tlsFailure(error: Error, context: AuthContext): MethodError {
  const name = hostName(context.address) ?? context.address.host;
  const { ssl } = context.policy;
  if (/expired|is not valid before|not valid yet/i.test(error.message)) {
    return new MethodError(
      `certificate of ${name} is not accepted: ${error.message} (${thisClock()})`,
      {
        cause: error,
        remedy:
          "compare the clocks of both hosts (date), or renew AUTH_SSL_SERVER_CERTFILE there",
      },
    );
  }
  const authority = readable(ssl.caFile).at(-1);
  const old = authority && outOfDate(authority.text);
  if (old !== undefined) {
    return new MethodError(
      `certificate of ${name} is not accepted: its authority ${authority?.file} ${old} (${thisClock()})`,
      {
        cause: error,
        remedy: "set this host's clock, or renew AUTH_SSL_CLIENT_CAFILE",
      },
    );
  }
  return new MethodError(
    `certificate of ${name} is not accepted: ${error.message}`,
    {
      cause: error,
      remedy:
        `add its authority to AUTH_SSL_CLIENT_CAFILE, and use the host name that is in the certificate; the certificate may also have expired: ${thisClock()} (compare openssl x509 -dates -in AUTH_SSL_SERVER_CERTFILE there)`,
    },
  );
}

/**
 * Returns the error for a server that ends the handshake. The server gives no
 * reason, but our own certificate may explain it.
 */
function rejected({ policy: { ssl } }: AuthContext): MethodError {
  const what = "server ended the TLS handshake";
  const ours = usedCertificate(ssl);
  if (ours === undefined) {
    return new MethodError(what, {
      remedy:
        "the server may require a certificate from us: set AUTH_SSL_CLIENT_CERTFILE and AUTH_SSL_CLIENT_KEYFILE",
    });
  }
  const old = outOfDate(ours.certificate);
  if (old !== undefined) {
    return new MethodError(
      `${what}: our certificate ${ours.file} ${old} (${thisClock()})`,
      { remedy: "set this host's clock, or renew AUTH_SSL_CLIENT_CERTFILE" },
    );
  }
  return new MethodError(`${what} after our certificate ${ours.file}`, {
    remedy:
      `the server may not trust it: compare the clocks of both hosts (${thisClock()}), check AUTH_SSL_SERVER_CAFILE there, and the daemon's log with D_SECURITY`,
  });
}
