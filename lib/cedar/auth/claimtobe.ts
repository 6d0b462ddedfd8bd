/**
 * CLAIMTOBE and ANONYMOUS, which prove nothing. The code follows
 * `condor_io/condor_auth_claim.cpp` and `condor_auth_anonymous.cpp`.
 *
 * @module
 */

import { type Authenticator, MethodError } from "./authenticator.ts";

/** The method CLAIMTOBE. */
export const claimToBe: Authenticator = {
  name: "CLAIMTOBE",
  bit: 2,
  async authenticate({ reader, writer }, { policy }) {
    const user = policy.claimToBe ?? Deno.env.get("USER");
    if (user === undefined) {
      writer.putInt(0).endOfMessage();
      throw new MethodError("the name of this user is not known", {
        remedy: "set SEC_CLAIMTOBE_USER",
      });
    }
    writer.putInt(1).putString(user).endOfMessage();
    const verdict = await reader.getInt();
    await reader.endOfMessage();
    if (verdict !== 1) {
      throw new MethodError("server did not accept the claimed name");
    }
    return {};
  },
};

/** The method ANONYMOUS. */
export const anonymous: Authenticator = {
  name: "ANONYMOUS",
  bit: 128,
  async authenticate({ reader }) {
    const verdict = await reader.getInt();
    await reader.endOfMessage();
    if (verdict !== 1) {
      throw new MethodError("server does not accept anonymous users");
    }
    return {};
  },
};
