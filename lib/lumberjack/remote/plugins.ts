import type { QueueTable } from "../../queue_log/mod.ts";

/** What is not transferred may name URLs: `http_proxy` stands in many. */
const neverTransferred = /^(env|environment|args|arguments)$/i;

/** What jobs with URLs have in a value. condor_submit writes the second one. */
const signs = ["://", "HasFileTransferPluginMethods"]
  .map((text) => new TextEncoder().encode(text));

/**
 * Returns whether a job may need HTCondor's file transfer plugins, which fetch and
 * send files by URL. If a job brings a plugin of its own, it counts, too.
 */
export function needsPlugins(table: QueueTable): boolean {
  for (const ad of table.ads()) {
    let needs = false;
    ad.visit((name, bytes, start, end) => {
      needs ||= name.toLowerCase() === "transferplugins" ||
        !neverTransferred.test(name) &&
          signs.some((sign) => isWithin(sign, bytes, start, end));
    });
    if (needs) return true;
  }
  return false;
}

function isWithin(
  sign: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const last = end - sign.length;
  for (let at = start; at <= last; at++) {
    if (bytes[at] !== sign[0]) continue;
    if (sign.every((byte, n) => bytes[at + n] === byte)) return true;
  }
  return false;
}
