/**
 * Starts a command at a daemon: connects, authenticates, and returns the
 * connection.
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

/**
 * A security policy and the sessions that were made with it. A program should
 * keep one and use it for all commands.
 */
export class SecurityContext {
  /** The policy. */
  readonly policy: SecurityPolicy;
  /** The sessions. */
  readonly sessions: SessionCache;

  /**
   * Makes a context.
   *
   * @param policy The values that differ from the default policy.
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
  /**
   * The policy and the sessions. By default a new context with default values.
   */
  security?: SecurityContext;
  /** Ends all waiting when it is aborted, also later on the same connection. */
  signal?: AbortSignal;
  /** Whether to negotiate a new session that is not kept. */
  noSession?: boolean;
  /** For DC_SEC_QUERY (60040): the number of the command to ask about. */
  authCommand?: number;
}

/** The peer, and the security of the connection. */
export interface PeerInfo {
  /** The peer's address as it was given. */
  address: Sinful;
  /** The peer's version, such as `$CondorVersion: 23.9.6 …`. */
  version?: string;
  /** The user as whom the peer knows us, such as `alice@example.org`. */
  authenticatedUser?: string;
  /** The method by which we authenticated, or undefined if we did not. */
  method?: string;
  /** Whether the messages are encrypted. */
  encrypted: boolean;
  /** Whether messages are protected against changes. */
  integrity: boolean;
  /** The session's id. */
  sessionId: string;
  /** Whether the session was resumed instead of negotiated. */
  resumed: boolean;
}

/** A connection on which a command was started. */
export class CommandConnection {
  /** The peer, and the security of the connection. */
  readonly peer: PeerInfo;
  readonly #sock: ReliSock;

  /**
   * Wraps a connection.
   *
   * @param sock The connection after the handshake.
   * @param peer The peer, and the security of the connection.
   */
  constructor(sock: ReliSock, peer: PeerInfo) {
    this.#sock = sock;
    this.peer = peer;
  }

  /**
   * Returns the writer of messages. Several messages may be written before an
   * answer is read. They are sent when 64 KiB have collected, by `flush()`, or
   * when the reader waits for bytes.
   */
  send(): MessageWriter {
    return this.#sock.writer;
  }

  /** Returns the reader of messages. */
  receive(): MessageReader {
    return this.#sock.reader;
  }

  /** How many written bytes are not sent yet. */
  get pendingBytes(): number {
    return this.#sock.pendingBytes;
  }

  /** Sends all bytes that wait to be sent. */
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
 * Starts a command. Connects to the daemon (through the shared port if the
 * address has one), and negotiates or resumes a session.
 *
 * @param address The daemon's address, a sinful string or `host:port`.
 * @param command The command's number (`condor_includes/condor_commands.h`).
 * @param options Policy, sessions and signal.
 * @returns A connection that is ready for the command's payload.
 * @throws {CedarError} One of its subclasses says what failed.
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
      // The daemon was restarted or has forgotten the session. Try again
      // without it.
      security.sessions.invalidate(session.id);
    }
  }
}

/**
 * Asks a daemon whether we may run a command, without running it
 * (DC_SEC_QUERY).
 *
 * @param address The daemon's address, a sinful string or `host:port`.
 * @param command The number of the command to ask about.
 * @param options Policy, sessions and signal.
 * @returns The peer, with the user as whom we may run the command.
 * @throws {PeerDeniedError} If we may not run it.
 * @throws {CedarError} One of its subclasses says what else failed.
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
    `the daemon does not allow ${user ?? "us"} to run command ${command}`,
    {
      returnCode: "DENIED",
      user,
      subject: peer.toString(),
      remedy: "check the daemon's ALLOW_* and DENY_* settings",
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
      remedy: "the daemon may be busy or hang: try again, or check its log",
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
      "the daemon accepts only reverse connections (CCB), which are not supported",
      {
        subject: address.toString(),
        remedy:
          "run this on the daemon's own host, or make its port reachable and unset CCB_ADDRESS there",
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
    // The shared port server consumes this message, unless the command is for
    // the shared port server itself.
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
