import { join } from "@std/path";
import {
  type Requirement,
  SecurityContext,
  type SecurityPolicy,
  supportedMethods,
} from "../cedar/mod.ts";
import type { CondorConfig } from "./config.ts";
import { homeDirectory } from "./user_database.ts";
import { ConfigurationError } from "./errors.ts";

/** Other names of HTCondor for methods that we know. */
const otherNames: Readonly<Record<string, string>> = {
  TOKEN: "IDTOKENS",
  TOKENS: "IDTOKENS",
  IDTOKEN: "IDTOKENS",
};

/**
 * Returns the security policy of a tool on this host: `SEC_CLIENT_*`, or
 * `SEC_DEFAULT_*` if that is not set.
 *
 * @throws {ConfigurationError} If a requirement is invalid, or no known method
 * is configured.
 */
export function clientPolicy(config: CondorConfig): Partial<SecurityPolicy> {
  const policy: { -readonly [K in keyof SecurityPolicy]?: SecurityPolicy[K] } =
    {};
  const authentication = requirement(config, "AUTHENTICATION");
  // A schedd requires a known user for changes of its queue, also if the
  // default does not.
  policy.authentication = authentication ?? "PREFERRED";
  policy.encryption = requirement(config, "ENCRYPTION") ?? "OPTIONAL";
  policy.integrity = requirement(config, "INTEGRITY") ?? "OPTIONAL";
  const methods = setting(config, "AUTHENTICATION_METHODS");
  if (methods !== undefined) policy.methods = knownMethods(methods.value);
  const ciphers = setting(config, "CRYPTO_METHODS");
  if (ciphers !== undefined) {
    policy.cryptoMethods = ciphers.value.split(/[\s,]+/);
  }
  policy.tokens = {
    directories: tokenDirectories(config),
    exclude: excludedFiles(config),
    passwordDirectory: config.get("SEC_PASSWORD_DIRECTORY"),
    poolSigningKeyFile: config.get("SEC_TOKEN_POOL_SIGNING_KEY_FILE"),
  };
  policy.passwordFile = config.get("SEC_PASSWORD_FILE");
  policy.trustDomain = config.get("TRUST_DOMAIN");
  policy.ssl = {
    caFile: config.get("AUTH_SSL_CLIENT_CAFILE"),
    caDir: config.get("AUTH_SSL_CLIENT_CADIR"),
    certFile: config.get("AUTH_SSL_CLIENT_CERTFILE"),
    keyFile: config.get("AUTH_SSL_CLIENT_KEYFILE"),
    useDefaultCas: config.boolean("AUTH_SSL_CLIENT_USE_DEFAULT_CAS") ?? true,
    skipHostCheck: config.boolean("SSL_SKIP_HOST_CHECK") ?? false,
  };
  policy.fs = {
    enforceChannelBinding: config.boolean("SEC_FS_ENFORCE_CHANNEL_BINDING") ??
      false,
  };
  return policy;
}

/**
 * Returns a security context with this host's policy. It has no sessions yet.
 */
export function securityOf(config: CondorConfig): SecurityContext {
  return new SecurityContext(clientPolicy(config));
}

function setting(
  config: CondorConfig,
  what: string,
): { name: string; value: string } | undefined {
  for (const name of [`SEC_CLIENT_${what}`, `SEC_DEFAULT_${what}`]) {
    const value = config.get(name);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/**
 * Requirements by their first letter. HTCondor ignores the other letters
 * (`sec_alpha_to_sec_req`).
 */
const requirements: Readonly<Record<string, Requirement>> = {
  R: "REQUIRED",
  Y: "REQUIRED",
  T: "REQUIRED",
  P: "PREFERRED",
  O: "OPTIONAL",
  N: "NEVER",
  F: "NEVER",
};

function requirement(
  config: CondorConfig,
  what: string,
): Requirement | undefined {
  const found = setting(config, what);
  if (found === undefined) return undefined;
  const known = requirements[found.value[0].toUpperCase()];
  if (known === undefined) {
    throw new ConfigurationError("not a security requirement", {
      subject: `${found.name} = ${found.value}`,
      remedy: "set it to REQUIRED, PREFERRED, OPTIONAL or NEVER",
    });
  }
  return known;
}

function knownMethods(text: string): string[] {
  const named = text.split(/[\s,]+/).filter((name) => name !== "")
    .map((name) => name.toUpperCase()).map((name) => otherNames[name] ?? name);
  const known = named.filter((name) => supportedMethods.includes(name));
  if (known.length === 0) {
    throw new ConfigurationError(
      "no supported authentication method is configured",
      {
        subject: text,
        remedy: `add one of ${
          supportedMethods.join(", ")
        } to SEC_CLIENT_AUTHENTICATION_METHODS`,
      },
    );
  }
  return known;
}

/**
 * Returns which token files are skipped. HTCondor uses the knob for
 * configuration folders also for tokens (condor_io/condor_auth_passwd.cpp).
 * Therefore a package manager's `a.token.dpkg-old` is never used as an
 * identity.
 *
 * @throws {ConfigurationError} If the knob is not a regular expression.
 */
function excludedFiles(config: CondorConfig): RegExp | undefined {
  const text = config.get("LOCAL_CONFIG_DIR_EXCLUDE_REGEXP");
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new ConfigurationError("not a regular expression", {
      cause,
      subject: `LOCAL_CONFIG_DIR_EXCLUDE_REGEXP = ${text}`,
      remedy:
        "correct it: the knob says which configuration and token files are skipped",
    });
  }
}

/**
 * Returns the token directories. The user's own tokens come before those of the
 * host (token_utils.cpp).
 */
function tokenDirectories(config: CondorConfig): string[] {
  const system = config.get("SEC_TOKEN_SYSTEM_DIRECTORY");
  const configured = config.get("SEC_TOKEN_DIRECTORY");
  const home = homeDirectory();
  const own = configured ??
    (Deno.uid() !== 0 && home !== undefined
      ? join(home, ".condor", "tokens.d")
      : undefined);
  return [own, system].filter((path) => path !== undefined);
}
