/**
 * A copy has failed after somebody relied on it: what was written of jobs has to
 * be written once more, without those that need it.
 */
export class CopyMissing extends Error {}
