/**
 * From when and until when certificates hold, for messages: a clock that is
 * wrong looks like a certificate that is.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";

/**
 * Which certificate of a chain does not hold now, by this host's clock.
 *
 * @param pem Certificates, PEM; what can't be read is passed over.
 * @param now In milliseconds since 1970.
 * @returns What is wrong with the first that does not hold; undefined when all
 *   do.
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
    if (now < from) return `does not hold before ${timeText(from)}`;
    if (now > to) return `expired at ${timeText(to)}`;
  }
  return undefined;
}

/** A time as our messages have it: UTC, to the second. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What this host takes for the time; to be compared with `date` elsewhere. */
export function thisClock(): string {
  return `this host's clock says ${timeText(Date.now())}`;
}
