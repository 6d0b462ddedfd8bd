/**
 * What we ask of a connection's security, in HTCondor's words
 * (`SEC_CLIENT_AUTHENTICATION` and so on; HTCondor manual, "Security").
 *
 * @module
 */

import { PolicyError } from "./errors.ts";
import type { MessageLimits } from "./ad_scan.ts";
import { defaultTimeouts, type Timeouts } from "./transport.ts";

/** How much a feature is wanted. */
export type Requirement = "NEVER" | "OPTIONAL" | "PREFERRED" | "REQUIRED";

/** Where tokens come from (`SEC_TOKEN_DIRECTORY` and its kin). */
export interface TokenSource {
  /** Tokens themselves, tried first, such as what BEARER_TOKEN holds. */
  tokens?: readonly string[];
  /** Folders with token files, in the order in which they are searched. */
  directories?: readonly string[];
  /** `LOCAL_CONFIG_DIR_EXCLUDE_REGEXP`: files of these names are skipped. */
  exclude?: RegExp;
  /** The folder of signing keys (`SEC_PASSWORD_DIRECTORY`). */
  passwordDirectory?: string;
  /** The file of the key named POOL (`SEC_TOKEN_POOL_SIGNING_KEY_FILE`). */
  poolSigningKeyFile?: string;
}

/** How to authenticate by SSL (`AUTH_SSL_CLIENT_*`). */
export interface SslOptions {
  /**
   * `AUTH_SSL_CLIENT_CAFILE`: certificates of authorities, PEM; of several
   * files, joined by commas, the last that can be read.
   */
  caFile?: string;
  /** `AUTH_SSL_CLIENT_CADIR`: a folder of them. */
  caDir?: string;
  /**
   * `AUTH_SSL_CLIENT_CERTFILE`: our certificate chain, PEM; may be a list. Not
   * used when its key can't be read.
   */
  certFile?: string;
  /** `AUTH_SSL_CLIENT_KEYFILE`: the private key, PEM; may be a list. */
  keyFile?: string;
  /**
   * Trust the system's authorities too (`AUTH_SSL_CLIENT_USE_DEFAULT_CAS`);
   * true by default. Deno before 2.9 trusts Mozilla's in any case.
   */
  useDefaultCas?: boolean;
  /**
   * `SSL_SKIP_HOST_CHECK`: do not compare the certificate to the host name.
   * Deno before 2.9 compares it nevertheless.
   */
  skipHostCheck?: boolean;
}

/** How to authenticate by FS. */
export interface FsOptions {
  /**
   * `SEC_FS_ENFORCE_CHANNEL_BINDING` of 25.14: refuse a server that does not
   * name its own address. Servers before 25.14 do not, so false by default.
   */
  enforceChannelBinding?: boolean;
}

/** The security of a connection, from our side. */
export interface SecurityPolicy {
  /** `SEC_CLIENT_AUTHENTICATION`. Default `PREFERRED`. */
  authentication: Requirement;
  /** `SEC_CLIENT_ENCRYPTION`. Default `OPTIONAL`. */
  encryption: Requirement;
  /** `SEC_CLIENT_INTEGRITY`. Default `OPTIONAL`. */
  integrity: Requirement;
  /** `SEC_CLIENT_AUTHENTICATION_METHODS`, in order of preference. */
  methods: readonly string[];
  /** `SEC_CLIENT_CRYPTO_METHODS`; only `AES` is known here. */
  cryptoMethods: readonly string[];
  /** Where tokens and signing keys are, for IDTOKENS. */
  tokens: TokenSource;
  /** `SEC_PASSWORD_FILE`, for PASSWORD. */
  passwordFile?: string;
  /** Certificates, for SSL. */
  ssl: SslOptions;
  /** Options of FS. */
  fs: FsOptions;
  /** `TRUST_DOMAIN`: which issuer a signing key of ours stands for. */
  trustDomain?: string;
  /** The user to claim to be, for CLAIMTOBE: `user@domain`. */
  claimToBe?: string;
  /** `SEC_CLIENT_SESSION_DURATION`, in seconds. Default 60, as for tools. */
  sessionDuration: number;
  /** `SEC_CLIENT_SESSION_LEASE`, in seconds. Default 3600. */
  sessionLease: number;
  /** Time limits, in milliseconds. */
  timeouts: Timeouts;
  /** Bounds on what the peer may send. */
  limits?: MessageLimits;
}

/** The methods that this library knows, in HTCondor's default order. */
export const supportedMethods: readonly string[] = [
  "FS",
  "IDTOKENS",
  "PASSWORD",
  "SSL",
  "CLAIMTOBE",
  "ANONYMOUS",
];

/**
 * A whole policy from parts of one.
 *
 * @param policy What differs from the defaults.
 * @returns The policy.
 * @throws {PolicyError} If it contradicts itself, or names no cipher it needs.
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
    throw new PolicyError("no cipher in common", {
      subject: whole.cryptoMethods.join(","),
      remedy:
        "add AES to SEC_CLIENT_CRYPTO_METHODS: BLOWFISH and 3DES are not supported",
    });
  }
  if (whole.authentication === "REQUIRED" && whole.methods.length === 0) {
    throw new PolicyError("authentication is required and no method is given", {
      remedy: "set SEC_CLIENT_AUTHENTICATION_METHODS",
    });
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
 * What peers before 23.10 are told about authentication: there, encryption and
 * integrity need it.
 *
 * @param policy Our policy.
 * @returns The strongest of the three requirements, unless authentication is
 *   never wanted.
 */
export function authenticationForOldPeers(policy: SecurityPolicy): Requirement {
  if (policy.authentication === "NEVER") return "NEVER";
  return [policy.authentication, policy.encryption, policy.integrity].reduce(
    (a, b) => order.indexOf(b) > order.indexOf(a) ? b : a,
  );
}
