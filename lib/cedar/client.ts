/**
 * Starting a command at a daemon: connect, negotiate, hand over the messages.
 *
 * @module
 */

import {
  CedarTimeout,
  CedarUnsupportedError,
  PeerDeniedError,
  SessionUnknownError,
} from "./errors.ts";
import { newSession, resumeSession } from "./handshake.ts";
import type { MessageReader } from "./message_reader.ts";
import type { MessageWriter } from "./message_writer.ts";
import { type SecurityPolicy, securityPolicy } from "./policy.ts";
import { ReliSock } from "./reli_sock.ts";
import { type Session, SessionCache } from "./session.ts";
import { Sinful } from "./sinful.ts";
import { TcpTransport } from "./transport.ts";

const sharedPortConnect = 75;
const dcSecQuery = 60040;

/** A policy and the sessions made under it; meant to be kept and shared. */
export class SecurityContext {
  /** The policy. */
  readonly policy: SecurityPolicy;
  /** The sessions. */
  readonly sessions: SessionCache;

  /**
   * Makes one.
   *
   * @param policy What differs from the default policy.
   * @param sessions The sessions so far.
   */
  constructor(
    policy: Partial<SecurityPolicy> = {},
    sessions: SessionCache = new SessionCache(),
  ) {
    this.policy = securityPolicy(policy);
    this.sessions = sessions;
  }
}

/** How to start a command. */
export interface StartCommandOptions {
  /** Policy and sessions; a new one with defaults when not given. */
  security?: SecurityContext;
  /** Ends all waiting, also later on the connection, when it is aborted. */
  signal?: AbortSignal;
  /** Do not resume a session, nor keep the new one. */
  noSession?: boolean;
  /** With DC_SEC_QUERY (60040): the number of the command that is asked about. */
  authCommand?: number;
}

/** Who is on the other side, and how the connection is secured. */
export interface PeerInfo {
  /** The peer's address as it was given. */
  address: Sinful;
  /** The peer's version, such as `$CondorVersion: 23.9.6 …`. */
  version?: string;
  /** As whom the peer knows us, such as `alice@example.org`. */
  authenticatedUser?: string;
  /** The method by which we authenticated; undefined if we did not. */
  method?: string;
  /** Whether the messages are encrypted. */
  encrypted: boolean;
  /** Whether the integrity of the messages is checked. */
  integrity: boolean;
  /** The session's id. */
  sessionId: string;
  /** Whether the session was resumed rather than negotiated. */
  resumed: boolean;
}

/** A connection on which a command was started. */
export class CommandConnection {
  /** Who is on the other side. */
  readonly peer: PeerInfo;
  readonly #sock: ReliSock;

  /**
   * Makes one.
   *
   * @param sock The connection, behind the handshake.
   * @param peer Who is on the other side.
   */
  constructor(sock: ReliSock, peer: PeerInfo) {
    this.#sock = sock;
    this.peer = peer;
  }

  /**
   * The writer of messages. Many messages may be written before one is
   * answered; they go out when 64 KiB are together, with `flush()`, or as soon
   * as something is waited for.
   */
  send(): MessageWriter {
    return this.#sock.writer;
  }

  /** The reader of messages. */
  receive(): MessageReader {
    return this.#sock.reader;
  }

  /** How many bytes were written and have not gone out. */
  get pendingBytes(): number {
    return this.#sock.pendingBytes;
  }

  /** Sends what waits to be sent. */
  flush(): Promise<void> {
    return this.#sock.flush();
  }

  /** Closes the connection. */
  close(): void {
    this.#sock.close();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Starts a command: connects, through the shared port where the address has
 * one, and negotiates or resumes a session.
 *
 * @param address The daemon's address, a sinful string or `host:port`.
 * @param command The command's number (`condor_includes/condor_commands.h`).
 * @param options Policy, sessions, signal.
 * @returns A connection that is ready for the command's payload.
 * @throws {CedarError} One of its classes, as to what went wrong.
 */
export async function startCommand(
  address: Sinful | string,
  command: number,
  options: StartCommandOptions = {},
): Promise<CommandConnection> {
  const target = typeof address === "string" ? Sinful.parse(address) : address;
  const security = options.security ?? new SecurityContext();
  const key = target.toString();
  for (;;) {
    const session = options.noSession
      ? undefined
      : security.sessions.find(key, command);
    try {
      return await attempt(target, command, session, security, options);
    } catch (error) {
      if (!(error instanceof SessionUnknownError) || session === undefined) {
        throw error;
      }
      // The daemon was restarted, or forgot: once more, without.
      security.sessions.invalidate(session.id);
    }
  }
}

/**
 * Asks a daemon whether it would let us run a command, without running it
 * (DC_SEC_QUERY).
 *
 * @param address The daemon's address, a sinful string or `host:port`.
 * @param command The number of the command that is asked about.
 * @param options Policy, sessions, signal.
 * @returns As whom the daemon would let us.
 * @throws {PeerDeniedError} If it would not.
 * @throws {CedarError} One of its classes, as to what else went wrong.
 */
export async function queryAuthorization(
  address: Sinful | string,
  command: number,
  options: StartCommandOptions = {},
): Promise<PeerInfo> {
  using connection = await startCommand(address, dcSecQuery, {
    ...options,
    authCommand: command,
  });
  const reader = connection.receive();
  const answer = await reader.getClassAd();
  await reader.endOfMessage();
  if (answer.boolean("AuthorizationSucceeded") ?? false) return connection.peer;
  const { authenticatedUser: user, address: peer } = connection.peer;
  throw new PeerDeniedError(
    `server would not let ${user ?? "us"} run command ${command}`,
    {
      returnCode: "DENIED",
      user,
      subject: peer.toString(),
      remedy: "look at the daemon's ALLOW_* and DENY_* settings",
    },
  );
}

async function attempt(
  address: Sinful,
  command: number,
  session: Session | undefined,
  security: SecurityContext,
  options: StartCommandOptions,
): Promise<CommandConnection> {
  const { policy } = security;
  const sock = await connect(address, policy, options.signal);
  const limit = policy.timeouts.handshake;
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    sock.close();
  }, limit);
  try {
    const { authCommand } = options;
    const request = { address, command, policy, authCommand };
    let used = session;
    if (used !== undefined) await resumeSession(sock, used, request);
    else {
      used = await newSession(sock, request);
      if (!options.noSession) security.sessions.add(address.toString(), used);
    }
    return new CommandConnection(
      sock,
      peerInfo(address, used, sock, session !== undefined),
    );
  } catch (error) {
    sock.close();
    if (!expired) throw error;
    throw new CedarTimeout(`no security handshake within ${limit / 1000} s`, {
      subject: address.toString(),
      remedy: "the daemon may be busy or hang: try again, or look at its log",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function connect(
  address: Sinful,
  policy: SecurityPolicy,
  signal?: AbortSignal,
): Promise<ReliSock> {
  if (address.ccbContact !== undefined) {
    throw new CedarUnsupportedError(
      "daemon is reached by reverse connections (CCB) only, which are not supported",
      {
        subject: address.toString(),
        remedy:
          "run this on the daemon's host, or make its port reachable and unset CCB_ADDRESS there",
      },
    );
  }
  const transport = await TcpTransport.connect(
    address.candidates(),
    address.toString(),
    policy.timeouts,
    signal,
  );
  const sock = new ReliSock(transport, policy.limits);
  const id = address.sharedPortId;
  if (id !== undefined) {
    sock.writer.putInt(sharedPortConnect).putString(id).putString("TOOL")
      .putInt(Math.ceil(policy.timeouts.handshake / 1000)).putInt(0)
      .endOfMessage();
    // The shared port server swallows this message, unless it is meant itself.
    if (id !== "self") sock.resetDigests();
  }
  return sock;
}

function peerInfo(
  address: Sinful,
  session: Session,
  sock: ReliSock,
  resumed: boolean,
): PeerInfo {
  return {
    address,
    version: session.peerVersion,
    authenticatedUser: session.user,
    method: session.method,
    encrypted: sock.encrypted,
    integrity: sock.encrypted,
    sessionId: session.id,
    resumed,
  };
}
