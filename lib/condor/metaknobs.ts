/**
 * The knobs that `use CATEGORY : NAME` sets, as far as we read them. The table
 * follows the metaknobs of HTCondor 25's `condor_utils/param_info.in`. All
 * other metaknobs set only knobs of daemons.
 *
 * @module
 */

/** Assignments, in order. */
type Settings = readonly (readonly [name: string, value: string])[];

const strong: Settings = [
  ["SEC_DEFAULT_AUTHENTICATION", "required"],
  ["SEC_DEFAULT_ENCRYPTION", "required"],
  ["SEC_DEFAULT_INTEGRITY", "required"],
];
const v9: Settings = [...strong, ["ALLOW_WRITE", "*"]];
const v24: Settings = [...v9, ["SEC_CLIENT_AUTHENTICATION", "OPTIONAL"]];
const getHtcondor: Settings = [
  ...v24,
  [
    "SEC_CLIENT_AUTHENTICATION_METHODS",
    "$(SEC_DEFAULT_AUTHENTICATION_METHODS),ANONYMOUS",
  ],
  ["TRUST_DOMAIN", "$(CONDOR_HOST)"],
];

/** The metaknobs by their name in capitals. */
const metaknobs: Readonly<Record<string, Settings>> = {
  "SECURITY:HOST_BASED": [["ALLOW_WRITE", "$(FULL_HOSTNAME) $(IP_ADDRESS)"]],
  "SECURITY:WITH_AUTHENTICATION": [
    ["SEC_DEFAULT_AUTHENTICATION", "required"],
    ["SEC_DEFAULT_INTEGRITY", "required"],
  ],
  "SECURITY:STRONG": strong,
  "SECURITY:USER_BASED": v24,
  "SECURITY:RECOMMENDED_V9_0": v9,
  "SECURITY:RECOMMENDED_V24_0": v24,
  "SECURITY:RECOMMENDED": v24,
  "SECURITY:FIPS": [...strong, ["SEC_DEFAULT_CRYPTO_METHODS", "AES,3DES"]],
  "SECURITY:GET_HTCONDOR_IDTOKENS": getHtcondor,
  "ROLE:GET_HTCONDOR_CENTRAL_MANAGER": getHtcondor,
  "ROLE:GET_HTCONDOR_SUBMIT": getHtcondor,
  "ROLE:GET_HTCONDOR_EXECUTE": getHtcondor,
  "ROLE:PERSONAL": [
    ["CONDOR_HOST", "127.0.0.1"],
    ["COLLECTOR_HOST", "$(CONDOR_HOST):0"],
  ],
};

/**
 * Returns the knobs that a metaknob sets, as far as we read them.
 *
 * @returns Undefined for an unknown metaknob of security, because it may set
 * anything.
 */
export function settingsOf(
  category: string,
  name: string,
): Settings | undefined {
  const key = `${category}:${name}`.toUpperCase();
  const known = metaknobs[key];
  return known ?? (key.startsWith("SECURITY:") ? undefined : []);
}
