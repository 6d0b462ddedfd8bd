/**
 * What has to be copied so that a job can run elsewhere, from its ad alone.
 *
 * @module
 */
import type { Scope } from "../../../classad/mod.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { type JobInput, type JobInputs, jobInputs } from "../inputs.ts";
import { baseName } from "../names.ts";
import type { FilesContext } from "../policy.ts";
import { treePathProblem } from "../tree/path.ts";

/** One file or folder that has to be copied. */
export interface NeededInput {
  /** The input in the ad. */
  readonly input: JobInput;
  /** Where it is at home: an absolute path. */
  readonly path: string;
  /** What HTCondor takes instead when it is there: the executable in SPOOL. */
  readonly spooled?: string;
  /**
   * Its path in the numbered folder that takes the copy. It is a name, or a
   * path where the job keeps relative paths.
   */
  readonly name: string;
  /** Whether the job does without when it is not there. */
  readonly optional: boolean;
}

/** What a job needs. */
export interface JobNeeds {
  /** All of the job's inputs, those that do not travel too. */
  readonly inputs: JobInputs;
  /** What has to be copied. */
  readonly needed: readonly NeededInput[];
}

/** How the needs are found. */
export interface NeedsContext extends FilesContext {
  /** Folders that the remote side has under the same path. */
  readonly presentThere: readonly string[];
  /** Whether jobs that need credentials of the credd may go. */
  readonly credentials: boolean;
  /** Whether the remote side sees the same files. */
  readonly isShared: boolean;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Says what a job needs, or why it has to stay. Looks at no file. */
export function jobNeeds(
  ad: Scope,
  context: NeedsContext,
): JobNeeds | { readonly reasonToStay: string } {
  const inputs = jobInputs(ad, context);
  const [problem] = inputs.problems;
  if (problem) {
    const { attribute, written, reason } = problem;
    return { reasonToStay: `${attribute}: ${written}: ${reason}` };
  }
  const reason = sharedReason(ad, inputs, context) ??
    credentialReason(ad, inputs, context);
  if (reason !== undefined) return { reasonToStay: reason };
  const needed: NeededInput[] = [];
  if (context.isShared) return { inputs, needed };
  for (const input of inputs.inputs) {
    if (!isCopied(ad, input, context)) continue;
    const name = nameOf(input);
    const reason = treePathProblem(name) ?? awkwardName(input.path);
    if (reason !== undefined) {
      return { reasonToStay: `${input.path}: it cannot travel: ${reason}` };
    }
    needed.push({
      input,
      path: input.path,
      spooled: input.spooled,
      name,
      optional: input.kind === "checkpoint",
    });
  }
  return { inputs, needed };
}

/** Whether a path is below one of the folders that the remote side has. */
export function isPresentThere(
  path: string,
  prefixes: readonly string[],
): boolean {
  // What `..` leads to is not below the folder.
  if (path.split("/").includes("..")) return false;
  return prefixes.some((prefix) => {
    const folder = prefix.replace(/\/+$/, "");
    return path === folder || path.startsWith(`${folder}/`);
  });
}

/** A job that does not transfer files runs where its files are. */
function sharedReason(
  ad: Scope,
  { transfer }: JobInputs,
  { presentThere, isShared }: NeedsContext,
): string | undefined {
  if (transfer !== "NO" || isShared) return undefined;
  const iwd = stringOf(ad, "Iwd") ?? "";
  if (isPresentThere(iwd, presentThere)) return undefined;
  return "should_transfer_files = NO: it needs the file system of home " +
    "(--shared-fs if the remote side has it)";
}

function credentialReason(
  ad: Scope,
  { credentials, inputs }: JobInputs,
  { credentials: mayGo, now }: NeedsContext,
): string | undefined {
  const end = integerOf(ad, "x509UserProxyExpiration");
  const proxy = inputs.find(({ kind }) => kind === "proxy");
  if (proxy && end !== undefined && end <= now) {
    const when = new Date(end * 1000).toISOString();
    return `${proxy.path}: the proxy ended at ${when}`;
  }
  const [credential] = credentials;
  if (!credential || mayGo) return undefined;
  return `it needs credentials (${credential.attribute}` +
    `${credential.name ? ` ${credential.name}` : ""}), which do not travel ` +
    "(--credentials if the remote side has them)";
}

function isCopied(
  ad: Scope,
  input: JobInput,
  context: NeedsContext,
): boolean {
  if (!input.travels || input.url) return false;
  if (isPresentThere(input.path, context.presentThere)) return false;
  // A job that never ran has no checkpoint; if it is spooled, its folder in
  // SPOOL holds nothing but the other inputs.
  return input.kind !== "checkpoint" ||
    (integerOf(ad, "NumJobStarts") ?? 0) > 0;
}

function nameOf({ path, placeIn, contents }: JobInput): string {
  const own = baseName(path.replace(/\/+$/, "")) || "root";
  if (contents) return placeIn === "" ? own : placeIn;
  return placeIn;
}

/** Why a name would not be the same name in an ad; undefined if it would. */
function awkwardName(path: string): string | undefined {
  if (/\\("|\/?$)/.test(path)) return "a backslash at the end of a name";
  // A byte that is not UTF-8 is a lone surrogate here (classad/bytes.ts).
  if (/[\ud800-\udfff]/u.test(path)) return "its name is not UTF-8";
  return undefined;
}
