/**
 * Our requirements for the security of a connection, in HTCondor's words
 * (`SEC_CLIENT_AUTHENTICATION` and so on; HTCondor manual, "Security").
 *
 * @module
 */

import { PolicyError } from "./errors.ts";
import type { MessageLimits } from "./ad_scan.ts";
import { defaultTimeouts, type Timeouts } from "./transport.ts";

/** How much a security feature is wanted. */
export type Requirement = "NEVER" | "OPTIONAL" | "PREFERRED" | "REQUIRED";

/** Where tokens are (`SEC_TOKEN_DIRECTORY` and related knobs). */
export interface TokenSource {
  /**
   * Tokens themselves, such as the content of BEARER_TOKEN. They are tried
   * first.
   */
  tokens?: readonly string[];
  /** Folders with token files, in the order in which they are searched. */
  directories?: readonly string[];
  /**
   * `LOCAL_CONFIG_DIR_EXCLUDE_REGEXP`: files with a matching name are skipped.
   */
  exclude?: RegExp;
  /** The folder of the signing keys (`SEC_PASSWORD_DIRECTORY`). */
  passwordDirectory?: string;
  /** The file of the key named POOL (`SEC_TOKEN_POOL_SIGNING_KEY_FILE`). */
  poolSigningKeyFile?: string;
}

/** How to authenticate by SSL (`AUTH_SSL_CLIENT_*`). */
export interface SslOptions {
  /**
   * `AUTH_SSL_CLIENT_CAFILE`: a file with certificates of authorities, PEM. If
   * several files are given, separated by commas, the last readable one is
   * used.
   */
  caFile?: string;
  /** `AUTH_SSL_CLIENT_CADIR`: a folder with certificates of authorities. */
  caDir?: string;
  /**
   * `AUTH_SSL_CLIENT_CERTFILE`: our certificate chain, PEM. It may be a list. A
   * certificate is used only if its key can be read.
   */
  certFile?: string;
  /** `AUTH_SSL_CLIENT_KEYFILE`: the private key, PEM. It may be a list. */
  keyFile?: string;
  /**
   * `AUTH_SSL_CLIENT_USE_DEFAULT_CAS`: whether to trust the system's
   * authorities too. The default is true. Deno before 2.9 always trusts
   * Mozilla's authorities.
   */
  useDefaultCas?: boolean;
  /**
   * `SSL_SKIP_HOST_CHECK`: whether the certificate may be for another host
   * name. Deno before 2.9 checks the name nevertheless.
   */
  skipHostCheck?: boolean;
}

/** How to authenticate by FS. */
export interface FsOptions {
  /**
   * `SEC_FS_ENFORCE_CHANNEL_BINDING` of 25.14: whether to refuse a server that
   * does not name its own address. The default is false, because servers before
   * 25.14 do not name it.
   */
  enforceChannelBinding?: boolean;
}

/** Our requirements for the security of a connection. */
export interface SecurityPolicy {
  /** `SEC_CLIENT_AUTHENTICATION`. The default is `PREFERRED`. */
  authentication: Requirement;
  /** `SEC_CLIENT_ENCRYPTION`. The default is `OPTIONAL`. */
  encryption: Requirement;
  /** `SEC_CLIENT_INTEGRITY`. The default is `OPTIONAL`. */
  integrity: Requirement;
  /** `SEC_CLIENT_AUTHENTICATION_METHODS`, in order of preference. */
  methods: readonly string[];
  /** `SEC_CLIENT_CRYPTO_METHODS`. This library supports only `AES`. */
  cryptoMethods: readonly string[];
  /** Where tokens and signing keys are, for IDTOKENS. */
  tokens: TokenSource;
  /** `SEC_PASSWORD_FILE`, for PASSWORD. */
  passwordFile?: string;
  /** Certificates, for SSL. */
  ssl: SslOptions;
  /** Options of FS. */
  fs: FsOptions;
  /**
   * `TRUST_DOMAIN`: the issuer of tokens that we sign with a key of our own.
   */
  trustDomain?: string;
  /** The user whose name we claim with CLAIMTOBE: `user@domain`. */
  claimToBe?: string;
  /**
   * `SEC_CLIENT_SESSION_DURATION`, in seconds. The default is 60, as for
   * HTCondor's tools.
   */
  sessionDuration: number;
  /** `SEC_CLIENT_SESSION_LEASE`, in seconds. The default is 3600. */
  sessionLease: number;
  /** Time limits, in milliseconds. */
  timeouts: Timeouts;
  /** The limits for data that the peer sends. */
  limits?: MessageLimits;
}

/** The methods that this library supports, in HTCondor's default order. */
export const supportedMethods: readonly string[] = [
  "FS",
  "IDTOKENS",
  "PASSWORD",
  "SSL",
  "CLAIMTOBE",
  "ANONYMOUS",
];

/**
 * Completes a policy with default values.
 *
 * @param policy The values that differ from the defaults.
 * @returns The complete policy.
 * @throws {PolicyError} If the policy contradicts itself, or lacks the cipher
 * AES.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(securityPolicy({ methods: ["FS"] }).encryption, "OPTIONAL");
 * ```
 */
export function securityPolicy(
  policy: Partial<SecurityPolicy> = {},
): SecurityPolicy {
  const whole: SecurityPolicy = {
    authentication: "PREFERRED",
    encryption: "OPTIONAL",
    integrity: "OPTIONAL",
    methods: ["FS", "IDTOKENS", "SSL"],
    cryptoMethods: ["AES"],
    tokens: {},
    ssl: {},
    fs: {},
    sessionDuration: 60,
    sessionLease: 3600,
    ...policy,
    timeouts: { ...defaultTimeouts, ...policy.timeouts },
  };
  if (!whole.cryptoMethods.some((m) => m.toUpperCase() === "AES")) {
    throw new PolicyError("no supported cipher is configured", {
      subject: whole.cryptoMethods.join(","),
      remedy:
        "add AES to SEC_CLIENT_CRYPTO_METHODS: BLOWFISH and 3DES are not supported",
    });
  }
  if (whole.authentication === "REQUIRED" && whole.methods.length === 0) {
    throw new PolicyError(
      "authentication is required, but no method is configured",
      { remedy: "set SEC_CLIENT_AUTHENTICATION_METHODS" },
    );
  }
  return whole;
}

const order: readonly Requirement[] = [
  "NEVER",
  "OPTIONAL",
  "PREFERRED",
  "REQUIRED",
];

/**
 * Returns the requirement for authentication that peers before 23.10 get. In
 * those versions encryption and integrity need authentication.
 *
 * @param policy Our policy.
 * @returns The strongest of the three requirements, or `NEVER` if
 * authentication is never wanted.
 */
export function authenticationForOldPeers(policy: SecurityPolicy): Requirement {
  if (policy.authentication === "NEVER") return "NEVER";
  return [policy.authentication, policy.encryption, policy.integrity].reduce(
    (a, b) => order.indexOf(b) > order.indexOf(a) ? b : a,
  );
}
