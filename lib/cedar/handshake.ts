/**
 * DC_AUTHENTICATE, the negotiation that comes before a command. The code
 * follows `condor_io/condor_secman.cpp` (client) and
 * `condor_daemon_core.V6/daemon_command.cpp` (server).
 *
 * 1. We send the number 60010 and an ad: our requirements, our half of the key
 *   exchange, and the command's number. To resume a session, we send its id
 *   instead.
 * 2. The server answers with an ad: its decision and its half of the key
 *   exchange. If a session is resumed, it answers whether it knows the session.
 * 3. If it was decided, a method of authentication runs (authentication.ts).
 * 4. If it was decided, all further messages are encrypted. The first encrypted
 *   frames also authenticate every byte that was sent before in clear, and so
 *   the decision itself.
 * 5. The server sends an ad: whether we are authorized, the session's id, and
 *   the commands for which the session is valid. If a session is resumed, this
 *   ad is not sent.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { KeyExchange } from "./aes_gcm.ts";
import { authenticate, methodName } from "./authentication.ts";
import {
  AuthenticationError,
  CedarProtocolError,
  CedarUnsupportedError,
  PeerClosedError,
  PeerDeniedError,
  PolicyError,
  SessionUnknownError,
} from "./errors.ts";
import {
  type Attributes,
  checkDecision,
  type HandshakeRequest,
  isYes,
  ourVersion,
  policyAd,
} from "./negotiation.ts";
import type { ReliSock } from "./reli_sock.ts";
import type { Session } from "./session.ts";
import type { Sinful } from "./sinful.ts";
import { quote } from "./string_literal.ts";
import type { WireAd } from "./wire_ad.ts";

const dcAuthenticate = 60010;

/** The most attributes in an ad of the handshake, as in HTCondor 25. */
const handshakeAttributes = 100;

/**
 * Negotiates a new session.
 *
 * @param sock A fresh connection.
 * @param request The command and our policy.
 * @returns The session. The connection is then ready for the command's payload.
 * @throws {AuthenticationError} If authentication is required and failed.
 * @throws {PeerDeniedError} If the server does not authorize the command.
 * @throws {PolicyError} If the policies of both sides do not fit together.
 */
export async function newSession(
  sock: ReliSock,
  request: HandshakeRequest,
): Promise<Session> {
  const { policy, address } = request;
  const exchange = new KeyExchange();
  sock.writer.putInt(dcAuthenticate)
    .putClassAd(policyAd(request, exchange.publicKey)).endOfMessage();
  const decision = await receiveDecision(sock, address);
  checkDecision(decision, policy, address);

  let method: string | undefined;
  if (isYes(decision, "Authentication")) {
    method = await authenticateAs(sock, decision, request);
  }
  const key = sessionKey(exchange, decision, method, address);
  const encryption = isYes(decision, "Encryption");
  if (key !== undefined) sock.setKey(key, encryption);

  const granted = await receiveGrant(sock, method, address);
  return grantedSession(granted, decision, {
    address,
    command: request.command,
    method,
    key,
    encryption,
  });
}

/**
 * Returns the session key, or undefined if there is none. Servers before 23.10
 * exchange keys only with clients that authenticate.
 */
function sessionKey(
  exchange: KeyExchange,
  decision: WireAd,
  method: string | undefined,
  address: Sinful,
): Uint8Array | undefined {
  const peerKey = decision.string("ECDHPublicKey");
  if (peerKey !== undefined) return exchange.finish(peerKey);
  if (method === undefined && !isYes(decision, "Encryption")) return undefined;
  throw new CedarUnsupportedError("server does not exchange keys", {
    subject: address.toString(),
    remedy: "HTCondor before 9.0 is not supported",
  });
}

/**
 * Resumes a session.
 *
 * @param sock A fresh connection.
 * @param session The session.
 * @param request The command and our policy.
 * @throws {SessionUnknownError} If the server does not know the session. A new
 * one has to be negotiated on a new connection.
 * @throws {PeerDeniedError} If the server gives another answer.
 */
export async function resumeSession(
  sock: ReliSock,
  session: Session,
  request: HandshakeRequest,
): Promise<void> {
  const ad: Attributes = [
    ["UseSession", '"YES"'],
    ["Sid", quote(session.id)],
    ["Command", String(request.command)],
    ["ConnectSinful", quote(request.address.toString())],
    ["Nonce", quote(randomBytes(33).toString("base64"))],
    ["ResumeResponse", "true"],
    ["RemoteVersion", quote(ourVersion)],
  ];
  if (session.key !== undefined) ad.push(["CryptoMethods", '"AES"']);
  sock.writer.putInt(dcAuthenticate).putClassAd(ad).endOfMessage();
  let answer: WireAd;
  try {
    answer = await receiveAd(sock);
  } catch (cause) {
    if (!(cause instanceof PeerClosedError)) throw cause;
    throw new SessionUnknownError("server closed a resumed connection", {
      subject: request.address.toString(),
      cause,
    });
  }
  const code = answer.string("ReturnCode") ?? "";
  if (code === "SID_NOT_FOUND") {
    throw new SessionUnknownError("server does not know the session", {
      subject: session.id,
    });
  }
  if (code !== "" && code !== "AUTHORIZED") {
    throw new PeerDeniedError(`server answered ${code}`, {
      returnCode: code,
      user: session.user,
      subject: request.address.toString(),
    });
  }
  if (session.key !== undefined) sock.setKey(session.key, session.encryption);
}

async function receiveAd(sock: ReliSock): Promise<WireAd> {
  const ad = await sock.reader.getClassAd({
    maxAttributes: handshakeAttributes,
  });
  await sock.reader.endOfMessage();
  return ad;
}

async function receiveDecision(
  sock: ReliSock,
  address: Sinful,
): Promise<WireAd> {
  try {
    return await receiveAd(sock);
  } catch (cause) {
    if (!(cause instanceof PeerClosedError)) throw cause;
    // For an unknown command, or if the policies do not fit, HTCondor's servers
    // close the connection without an answer.
    throw new PolicyError(
      "server closed the connection during the security negotiation",
      {
        subject: address.toString(),
        remedy:
          "it does not know the command, or its SEC_*_AUTHENTICATION, ENCRYPTION, INTEGRITY or CRYPTO_METHODS exclude ours: check its log for DC_AUTHENTICATE",
        cause,
      },
    );
  }
}

async function receiveGrant(
  sock: ReliSock,
  method: string | undefined,
  address: Sinful,
): Promise<WireAd> {
  try {
    return await receiveAd(sock);
  } catch (cause) {
    if (!(cause instanceof PeerClosedError) || method === undefined) {
      throw cause;
    }
    // Commands that change something require a user. If our certificate or name
    // is mapped to no user, the server closes the connection without an answer.
    throw new AuthenticationError(
      `server closed the connection after authentication by ${method}`,
      {
        code: "AUTHENTICATE:1004",
        subject: address.toString(),
        remedy:
          "it may not know us as a user, which the command requires: map our name in CERTIFICATE_MAPFILE there, or use another method, and check its log for DC_AUTHENTICATE",
        cause,
      },
    );
  }
}

async function authenticateAs(
  sock: ReliSock,
  decision: WireAd,
  { policy, address }: HandshakeRequest,
): Promise<string | undefined> {
  const list = decision.string("AuthMethodsList") ??
    decision.string("AuthMethods") ?? "";
  const agreed = list.split(/[\s,]+/).filter((m) => m !== "").map(methodName);
  const ours = policy.methods.map(methodName);
  try {
    if (agreed.length === 0) throw noMethodInCommon(ours, address);
    const { method } = await authenticate(
      sock,
      agreed.filter((m) => ours.includes(m)),
      {
        policy,
        address,
        trustDomain: decision.string("TrustDomain"),
        issuerKeys: decision.string("IssuerKeys")?.split(/[\s,]+/)
          .filter((k) => k !== ""),
        peerVersion: decision.string("RemoteVersion"),
      },
    );
    return method;
  } catch (error) {
    // A failure matters only if one of the two sides requires authentication.
    const required = policy.authentication === "REQUIRED" ||
      (decision.boolean("AuthRequired") ?? true);
    if (error instanceof AuthenticationError && !required && !error.cause) {
      return undefined;
    }
    throw error;
  }
}

function noMethodInCommon(
  ours: readonly string[],
  address: Sinful,
): AuthenticationError {
  return new AuthenticationError(
    `no authentication method in common (ours: ${ours.join(", ")})`,
    {
      code: "AUTHENTICATE:1003",
      subject: address.toString(),
      remedy:
        "compare SEC_CLIENT_AUTHENTICATION_METHODS here with SEC_DEFAULT_AUTHENTICATION_METHODS there",
    },
  );
}

function grantedSession(
  granted: WireAd,
  decision: WireAd,
  known: {
    address: Sinful;
    command: number;
    method?: string;
    key?: Uint8Array;
    encryption: boolean;
  },
): Session {
  const user = granted.string("User");
  const code = granted.string("ReturnCode") ?? "";
  if (code !== "" && code !== "AUTHORIZED") {
    throw denied(code, user, known.method, known.address, known.command);
  }
  const id = granted.string("Sid");
  if (!id) {
    throw new CedarProtocolError("server sent no session id", {
      subject: known.address.toString(),
    });
  }
  const seconds = Number(decision.string("SessionDuration") ?? 0);
  const now = Date.now();
  return {
    id,
    key: known.key,
    encryption: known.encryption,
    method: known.method,
    user,
    peerVersion: decision.string("RemoteVersion"),
    validCommands: commandNumbers(granted.string("ValidCommands")),
    expires: seconds > 0 ? now + 1000 * seconds : undefined,
    lease: 1000 * Math.max(0, decision.integer("SessionLease") ?? 0),
    used: now,
  };
}

function commandNumbers(text: string | undefined): Set<number> {
  return new Set(
    (text ?? "").split(",").filter((t) => /^\s*\d+\s*$/.test(t)).map(Number),
  );
}

function denied(
  code: string,
  user: string | undefined,
  method: string | undefined,
  address: Sinful,
  command: number,
): PeerDeniedError {
  const whom = user ? ` for user ${user}` : "";
  const how = method ? ` (authenticated by ${method})` : " (not authenticated)";
  return new PeerDeniedError(
    code === "CMD_NOT_FOUND"
      ? `server does not know command ${command}`
      : `server answered ${code}${whom}${how} to command ${command}`,
    {
      returnCode: code,
      user,
      subject: address.toString(),
      remedy:
        "check the daemon's ALLOW_* and DENY_* settings, and its log for PERMISSION DENIED",
    },
  );
}
