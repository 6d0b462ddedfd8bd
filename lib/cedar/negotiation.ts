/**
 * What client and server tell each other to agree on a connection's security:
 * our wishes, their decision. See handshake.ts.
 *
 * @module
 */

import { methodName } from "./authentication.ts";
import {
  CedarProtocolError,
  CedarUnsupportedError,
  PolicyError,
} from "./errors.ts";
import { authenticationForOldPeers, type SecurityPolicy } from "./policy.ts";
import type { Sinful } from "./sinful.ts";
import { quote, type WireAd } from "./wire_ad.ts";

/**
 * The version that we claim to be. Peers look at it to learn what we
 * understand; this one has all that is implemented here.
 */
export const ourVersion =
  "$CondorVersion: 25.14.0 2026-08-21 BuildID: CEDAR-TypeScript $";

/** Names and expressions of an ad to send. */
export type Attributes = [name: string, expression: string][];

/** The parts of a handshake. */
export interface HandshakeRequest {
  /** The address that we connected to. */
  address: Sinful;
  /** The command's number. */
  command: number;
  /** With DC_SEC_QUERY: the number of the command that is asked about. */
  authCommand?: number;
  /** Our policy. */
  policy: SecurityPolicy;
}

/**
 * The ad that asks for a new session.
 *
 * @param request What for.
 * @param publicKey Our half of the key exchange, in base64.
 * @returns Names and expressions.
 */
export function policyAd(
  request: HandshakeRequest,
  publicKey: string,
): Attributes {
  const { policy, address, command } = request;
  const ad: Attributes = [
    ["CryptoMethods", '"AES"'],
    ["OutgoingNegotiation", '"REQUIRED"'],
    ["Authentication", quote(authenticationForOldPeers(policy))],
    ["AuthenticationNew", quote(policy.authentication)],
    ["Encryption", quote(policy.encryption)],
    ["Integrity", quote(policy.integrity)],
    ["Enact", '"NO"'],
    ["Subsystem", '"TOOL"'],
    ["ServerPid", String(Deno.pid)],
    ["SessionDuration", quote(String(policy.sessionDuration))],
    ["SessionLease", String(policy.sessionLease)],
    ["ECDHPublicKey", quote(publicKey)],
    ["NewSession", '"YES"'],
    ["NegotiatedSession", "true"],
    ["RemoteVersion", quote(ourVersion)],
    ["ConnectSinful", quote(address.toString())],
    ["Command", String(command)],
  ];
  if (policy.methods.length > 0) {
    ad.unshift(["AuthMethods", quote(policy.methods.map(wireName).join(","))]);
  }
  if (request.authCommand !== undefined) {
    ad.push(["AuthCommand", String(request.authCommand)]);
  }
  if (policy.trustDomain) ad.push(["TrustDomain", quote(policy.trustDomain)]);
  return ad;
}

/** Peers of all versions know IDTOKENS as TOKEN. */
function wireName(method: string): string {
  const name = methodName(method);
  return name === "IDTOKENS" ? "TOKEN" : name;
}

/**
 * Whether the server's decision can be lived with.
 *
 * @param decision What the server sent.
 * @param policy What we want.
 * @param address Whom we talk to.
 * @throws {PolicyError} If it declines what we require.
 * @throws {CedarUnsupportedError} If it wants what we can't.
 * @throws {CedarProtocolError} If it is no decision.
 */
export function checkDecision(
  decision: WireAd,
  policy: SecurityPolicy,
  address: Sinful,
): void {
  const subject = address.toString();
  for (const name of ["Authentication", "Encryption", "Integrity"] as const) {
    const value = decision.string(name)?.toUpperCase();
    if (value !== "YES" && value !== "NO") {
      throw new CedarProtocolError(`server did not decide on ${name}`, {
        subject,
      });
    }
    const wanted = policy[name.toLowerCase() as "authentication"];
    // A server that decides against our requirement is not obeyed.
    if (wanted === "REQUIRED" && value === "NO") {
      throw new PolicyError(
        `${name.toLowerCase()} is required and the server declines it`,
        {
          subject,
          remedy:
            `set SEC_DEFAULT_${name.toUpperCase()} there to OPTIONAL or more`,
        },
      );
    }
  }
  if (!isYes(decision, "Encryption")) {
    // AES-GCM does both or none; the MAC of the older ciphers is not ours.
    if (isYes(decision, "Integrity")) throw integrityAlone(address);
    return;
  }
  const cipher = decision.string("CryptoMethods")?.split(",")[0] ?? "";
  if (cipher.toUpperCase() !== "AES") {
    throw new CedarUnsupportedError(
      cipher === ""
        ? "server requires encryption and names no cipher"
        : `server wants the cipher ${cipher}, and only AES is supported`,
      {
        subject,
        remedy: cipher === "" && policy.authentication === "NEVER"
          ? "encryption needs authentication there: set SEC_CLIENT_AUTHENTICATION to OPTIONAL or more"
          : "add AES to SEC_DEFAULT_CRYPTO_METHODS there",
      },
    );
  }
}

function integrityAlone(address: Sinful): CedarUnsupportedError {
  return new CedarUnsupportedError(
    "server wants integrity without encryption, which AES does not have",
    {
      subject: address.toString(),
      remedy: "set SEC_DEFAULT_ENCRYPTION there to PREFERRED",
    },
  );
}

/**
 * Whether a feature was decided on.
 *
 * @param ad The server's decision.
 * @param name The attribute's name.
 */
export function isYes(ad: WireAd, name: string): boolean {
  return ad.string(name)?.toUpperCase() === "YES";
}
