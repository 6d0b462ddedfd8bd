/**
 * The times at which certificates are valid, for error messages. A wrong clock
 * has the same effect as an expired certificate, so messages show the time.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";

/**
 * Returns why a certificate of a chain is not valid at a time.
 *
 * @param pem Certificates, PEM. Certificates that cannot be read are skipped.
 * @param now The time, in milliseconds since 1970.
 * @returns What is wrong with the first certificate that is not valid, or
 * undefined if all are valid.
 */
export function outOfDate(pem: string, now = Date.now()): string | undefined {
  const begin = "-----BEGIN CERTIFICATE-----";
  for (const text of pem.split(begin).slice(1)) {
    let from: number, to: number;
    try {
      const certificate = new X509Certificate(begin + text);
      [from, to] = [certificate.validFrom, certificate.validTo].map(Date.parse);
    } catch {
      continue;
    }
    if (now < from) return `is not valid before ${timeText(from)}`;
    if (now > to) return `expired at ${timeText(to)}`;
  }
  return undefined;
}

/** Returns a time as error messages show it: UTC, to the second. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/**
 * Returns the time by this host's clock. The user can compare it with `date` on
 * another host.
 */
export function thisClock(): string {
  return `this host's clock says ${timeText(Date.now())}`;
}
