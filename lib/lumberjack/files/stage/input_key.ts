import type { Scope } from "../../../classad/mod.ts";
import { valueOf } from "../../job/attribute_values.ts";

/** The attributes that say which files a job needs, except the job's id. */
const deciding = [
  "CheckpointDestination",
  "Cmd",
  "CommonInputFiles",
  "ContainerImage",
  "DataReuseManifestSHA256",
  "In",
  "Iwd",
  "NumJobStarts",
  "OAuthServicesNeeded",
  "OrigCmd",
  "Owner",
  "PreserveRelativePaths",
  "PublicInputFiles",
  "ScitokensFile",
  "SendCredential",
  "ShouldTransferFiles",
  "SUBMIT_Iwd",
  "TransferExecutable",
  "TransferInput",
  "TransferPlugins",
  "x509userproxy",
  "x509UserProxyExpiration",
];

/** These name other attributes that decide too. */
const indirect = ["CommonInputCatalogs", "TransferQueueInputList"];

/** All attributes that say which files a job needs, except the job's id. */
export const inputAttributes: readonly string[] = [...deciding, ...indirect];

/**
 * Returns a text that is the same for jobs that need the same files, or
 * undefined if this is not known. Most jobs of a cluster need the same files,
 * and the files of a job may be hundreds.
 */
export function inputKey(ad: Scope): string | undefined {
  if (indirect.some((name) => ad.lookup(name) !== undefined)) return undefined;
  const parts: string[] = [];
  for (const name of deciding) {
    const value = valueOf(ad, name);
    if (typeof value === "object") return undefined;
    parts.push(value === undefined ? "" : `${typeof value} ${value}`);
  }
  return parts.join("\0");
}
