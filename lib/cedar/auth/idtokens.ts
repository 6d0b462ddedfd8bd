/**
 * IDTOKENS and PASSWORD: authentication with a token, or with the pool
 * password.
 *
 * @module
 */

import { versionAtLeast } from "../version.ts";
import {
  parseToken,
  type PassedOver,
  readPassword,
  readSigningKey,
  readTokens,
  signToken,
  type Token,
} from "../tokens.ts";
import {
  akep2,
  type Identity,
  keyOfPassword,
  keyOfToken,
  RejectedError,
  SecretError,
} from "./akep2.ts";
import {
  type AuthContext,
  type Authenticator,
  MethodError,
} from "./authenticator.ts";
import { thisClock, timeText } from "./validity.ts";

/** The name of every client that has the pool's key or password, since 23.9. */
const poolUser = "condor@password";

/** The method IDTOKENS. */
export const idTokens: Authenticator = {
  name: "IDTOKENS",
  bit: 2048,
  unusable(context) {
    const found = findToken(context);
    return found instanceof MethodError ? found : undefined;
  },
  async authenticate(sock, context) {
    const token = findToken(context);
    if (token instanceof MethodError) {
      return { peerName: await akep2(sock, token) };
    }
    try {
      return {
        peerName: await akep2(sock, {
          name: token.subject,
          token: token.body,
          key: keyOfToken(token.body, token.signature),
        }),
      };
    } catch (error) {
      throw error instanceof RejectedError ? rejectedToken(token) : error;
    }
  },
};

/** The method PASSWORD. */
export const password: Authenticator = {
  name: "PASSWORD",
  bit: 512,
  unusable(context) {
    const found = poolIdentity(context);
    return found instanceof MethodError ? found : undefined;
  },
  async authenticate(sock, context) {
    const identity = poolIdentity(context);
    try {
      return { peerName: await akep2(sock, identity) };
    } catch (error) {
      throw error instanceof SecretError || error instanceof RejectedError
        ? wrongPassword(context)
        : error;
    }
  },
};

function poolIdentity(context: AuthContext): Identity | MethodError {
  const file = context.policy.passwordFile;
  if (file === undefined) {
    return new MethodError("no pool password file is configured", {
      remedy: "set SEC_PASSWORD_FILE",
    });
  }
  const passedOver: PassedOver[] = [];
  const secret = readPassword(file, passedOver);
  if (secret === undefined) {
    return new MethodError(
      `cannot read the pool password: ${list(passedOver)}`,
      { remedy: "run as the user who owns SEC_PASSWORD_FILE" },
    );
  }
  return { name: poolName(context), key: keyOfPassword(secret) };
}

function poolName({ peerVersion, policy, trustDomain }: AuthContext): string {
  return versionAtLeast(peerVersion, 23, 9, 0)
    ? poolUser
    : `condor_pool@${policy.trustDomain ?? trustDomain ?? ""}`;
}

function wrongPassword({ policy }: AuthContext): MethodError {
  return new MethodError(
    `the pool password in ${policy.passwordFile} differs from the server's`,
    {
      remedy:
        "use the same SEC_PASSWORD_FILE here and there (condor_store_cred -c add)",
    },
  );
}

/**
 * Returns the error for a rejected token. The server gives no reason, but its
 * log does, with D_SECURITY.
 */
function rejectedToken({ file, subject, expires }: Token): MethodError {
  const until = expires === undefined ? "never" : timeText(1000 * expires);
  return new MethodError(
    `server rejects our token (${
      file ?? "made with the pool's key"
    }, of ${subject}, expires ${until}; ${thisClock()})`,
    {
      code: "AUTHENTICATE:1004",
      remedy:
        "compare the server's clock with ours (date there): for the server, the token may have expired, or be older than SEC_TOKEN_MAX_AGE; otherwise its keys (SEC_PASSWORD_DIRECTORY, SEC_TOKEN_POOL_SIGNING_KEY_FILE) or SEC_TOKEN_REVOCATION_EXPR do not allow it: check its log with D_SECURITY",
    },
  );
}

/**
 * Returns the first token that the server may accept. If there is none, returns
 * one that we sign ourselves.
 */
function findToken(context: AuthContext): Token | MethodError {
  const { tokens, passedOver } = readTokens(context.policy.tokens);
  const reasons: PassedOver[] = [];
  for (const token of tokens) {
    const reason = mismatch(token, context);
    if (reason === undefined) return token;
    reasons.push({ file: token.file, reason });
  }
  const signed = ownToken(context, passedOver);
  if (signed !== undefined) return signed;
  const why = list([...reasons, ...passedOver]);
  return new MethodError(
    `no token for trust domain ${context.trustDomain ?? "(unknown)"}${
      why && ` (${why})`
    }`,
    { remedy: remedyFor(reasons.map(({ reason }) => reason)) },
  );
}

function remedyFor(reasons: readonly string[]): string {
  const has = (word: string) => reasons.some((r) => r.startsWith(word));
  return has("token expired")
    ? "get a new token (condor_token_fetch, or condor_token_create at the server), unless this host's clock is wrong"
    : has("token is not valid before")
    ? "set this host's clock, or wait"
    : "put a token of that domain into ~/.condor/tokens.d (SEC_TOKEN_DIRECTORY), mode 600";
}

function mismatch(token: Token, context: AuthContext): string | undefined {
  const { issuerKeys = [], trustDomain } = context;
  if (trustDomain && token.issuer !== trustDomain) {
    return `token is for trust domain ${token.issuer ?? "(none)"}`;
  }
  if (issuerKeys.length > 0 && !issuerKeys.includes(token.keyId)) {
    return `token is signed with key ${token.keyId}, which the server does not have`;
  }
  const now = Date.now() / 1000;
  if (token.expires !== undefined && token.expires < now) {
    return `token expired at ${timeText(1000 * token.expires)}; ${thisClock()}`;
  }
  if (token.notBefore !== undefined && token.notBefore > now) {
    return `token is not valid before ${
      timeText(1000 * token.notBefore)
    }; ${thisClock()}`;
  }
  return undefined;
}

/**
 * Returns a token that we sign ourselves, if we can read a signing key. Daemons
 * do the same among themselves.
 */
function ownToken(
  context: AuthContext,
  passedOver: PassedOver[],
): Token | undefined {
  const { policy, trustDomain, issuerKeys = [] } = context;
  if (!trustDomain || policy.trustDomain !== trustDomain) return undefined;
  for (const keyId of issuerKeys) {
    const key = readSigningKey(keyId, policy.tokens, passedOver);
    if (key === undefined) continue;
    const subject = versionAtLeast(context.peerVersion, 23, 9, 0)
      ? poolUser
      : "condor_pool@";
    const token = parseToken(
      signToken(key, { keyId, issuer: trustDomain, subject, lifetime: 60 }),
    );
    if (!("reason" in token)) return token;
  }
  return undefined;
}

function list(passedOver: readonly PassedOver[]): string {
  return passedOver.map(({ file, reason }) =>
    file === undefined ? reason : `${file}: ${reason}`
  ).join("; ");
}
