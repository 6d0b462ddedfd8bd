/**
 * Returns whether `name`, in any case, is `lower`. Nearly every name has another
 * length, which is the quicker test.
 */
export function isNamed(name: string, lower: string): boolean {
  return name.length === lower.length && name.toLowerCase() === lower;
}
