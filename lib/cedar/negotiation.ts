/**
 * The ads by which client and server agree on the security of a connection: our
 * requirements and the server's decision. See handshake.ts.
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
import { quote } from "./string_literal.ts";
import type { WireAd } from "./wire_ad.ts";

/**
 * The HTCondor version that we report. Peers derive from it what we understand.
 * Everything that this version requires is implemented here.
 */
export const ourVersion =
  "$CondorVersion: 25.14.0 2026-08-21 BuildID: CEDAR-TypeScript $";

/** The names and expressions of an ad to send. */
export type Attributes = [name: string, expression: string][];

/** The input of a handshake. */
export interface HandshakeRequest {
  /** The address that we connected to. */
  address: Sinful;
  /** The command's number. */
  command: number;
  /** For DC_SEC_QUERY: the number of the command to ask about. */
  authCommand?: number;
  /** Our policy. */
  policy: SecurityPolicy;
}

/**
 * Makes the ad that asks for a new session.
 *
 * @param request The command and our policy.
 * @param publicKey Our public key for the key exchange, in base64.
 * @returns The names and expressions of the ad.
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

/**
 * Returns the name of a method for the wire. Peers of all versions know
 * IDTOKENS as TOKEN.
 */
function wireName(method: string): string {
  const name = methodName(method);
  return name === "IDTOKENS" ? "TOKEN" : name;
}

/**
 * Checks that we can accept the server's decision.
 *
 * @param decision The server's decision.
 * @param policy Our policy.
 * @param address The server's address.
 * @throws {PolicyError} If the server declines something that we require.
 * @throws {CedarUnsupportedError} If the server wants something that this
 * library cannot do.
 * @throws {CedarProtocolError} If the ad is not a decision.
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
    // The server may not override our requirement.
    if (wanted === "REQUIRED" && value === "NO") {
      throw new PolicyError(
        `${name.toLowerCase()} is required, but the server declines it`,
        {
          subject,
          remedy:
            `set SEC_DEFAULT_${name.toUpperCase()} there to OPTIONAL, PREFERRED or REQUIRED`,
        },
      );
    }
  }
  if (!isYes(decision, "Encryption")) {
    // AES-GCM encrypts and protects at once. The separate checksum of the older
    // ciphers is not implemented.
    if (isYes(decision, "Integrity")) throw integrityAlone(address);
    return;
  }
  const cipher = decision.string("CryptoMethods")?.split(",")[0] ?? "";
  if (cipher.toUpperCase() !== "AES") {
    throw new CedarUnsupportedError(
      cipher === ""
        ? "server requires encryption but names no cipher"
        : `server wants the cipher ${cipher}, and only AES is supported`,
      {
        subject,
        remedy: cipher === "" && policy.authentication === "NEVER"
          ? "encryption needs authentication there: set SEC_CLIENT_AUTHENTICATION to OPTIONAL, PREFERRED or REQUIRED"
          : "add AES to SEC_DEFAULT_CRYPTO_METHODS there",
      },
    );
  }
}

function integrityAlone(address: Sinful): CedarUnsupportedError {
  return new CedarUnsupportedError(
    "server wants integrity without encryption, which AES cannot provide",
    {
      subject: address.toString(),
      remedy: "set SEC_DEFAULT_ENCRYPTION there to PREFERRED",
    },
  );
}

/**
 * Returns whether the server decided to use a feature.
 *
 * @param ad The server's decision.
 * @param name The attribute's name.
 */
export function isYes(ad: WireAd, name: string): boolean {
  return ad.string(name)?.toUpperCase() === "YES";
}
