/**
 * CLAIMTOBE and ANONYMOUS: no proof at all. After
 * `condor_io/condor_auth_claim.cpp` and `condor_auth_anonymous.cpp`.
 *
 * @module
 */

import { userInfo } from "node:os";
import { type Authenticator, MethodError } from "./authenticator.ts";

/** The method CLAIMTOBE. */
export const claimToBe: Authenticator = {
  name: "CLAIMTOBE",
  bit: 2,
  async authenticate({ reader, writer }, { policy }) {
    writer.putInt(1).putString(policy.claimToBe ?? userInfo().username)
      .endOfMessage();
    const verdict = await reader.getInt();
    await reader.endOfMessage();
    if (verdict !== 1) throw new MethodError("server did not take our claim");
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
    if (verdict !== 1) throw new MethodError("server takes nobody anonymous");
    return {};
  },
};
