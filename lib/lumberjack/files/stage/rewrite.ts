/**
 * How a job's ad changes so that it finds its files at the remote side.
 *
 * @module
 */
import { quote, type Scope } from "../../../classad/mod.ts";
import { booleanOf, stringOf } from "../../job/attribute_values.ts";
import type { JobId } from "../../job/id.ts";
import { attributeLists } from "../attribute_lists.ts";
import type { JobInput } from "../inputs.ts";
import { baseName, isAbsolute, isUrl, nullFile } from "../names.ts";
import { parseRemaps } from "../remaps.ts";
import { formatTransferList, parseTransferList } from "../transfer_list.ts";
import type { JobNeeds } from "./needs.ts";

/**
 * New values by attribute name: an expression in old syntax, or undefined for
 * an attribute that does not leave.
 */
export type Rewritten = ReadonlyMap<string, string | undefined>;

/** A job whose ad is rewritten. */
export interface RewriteJob {
  /** Which job. */
  readonly id: JobId;
  /** Its ad, with the user's changes. */
  readonly ad: Scope;
  /** Its needs. */
  readonly needs: JobNeeds;
  /** What changes because of its inputs: {@linkcode rewriteInputs}. */
  readonly inputs: Rewritten;
  /** The folder of the jobs' logs at the remote side. */
  readonly logFolder: string;
}

/** What every job of a staged export may have changed. */
export const rewrittenAttributes: readonly string[] = [
  "Cmd",
  "CommonInputFiles",
  "DAGManNodesLog",
  "DAGManNodesMask",
  "Err",
  "In",
  "Iwd",
  "JobStarterLog",
  "OrigCmd",
  "Out",
  "OutputDirectory",
  "PublicInputFiles",
  "ShouldTransferFiles",
  "TransferInput",
  "TransferOutputRemaps",
  "TransferPlugins",
  "UserLog",
  "WhenToTransferOutput",
  "x509userproxy",
];

/** Returns what changes in the ad of a job whose inputs are placed. */
export function rewrite(job: RewriteJob): Rewritten {
  const { ad } = job;
  const changes = new Map<string, string | undefined>();
  rewriteLogs(job, changes);
  // Such a job runs in its Iwd, which the remote side has (needs.ts).
  if (job.needs.inputs.transfer === "NO") return changes;
  for (const [name, value] of job.inputs) changes.set(name, value);
  rewriteStreams(ad, changes);
  if (hasUrlTarget(ad)) {
    // The execute side uploads these; HTCondor applies no other rule here.
  } else if (ad.lookup("TransferOutputRemaps") !== undefined) {
    changes.set("TransferOutputRemaps", undefined);
  }
  // In release 25 names would end below this folder of home.
  if (ad.lookup("OutputDirectory") !== undefined) {
    changes.set("OutputDirectory", undefined);
  }
  // The shadow sends it to the place at home that this names.
  if (stringOf(ad, "JobStarterLog") !== undefined) {
    changes.set("JobStarterLog", quote(".starter.log"));
  }
  if (job.needs.inputs.transfer === "IF_NEEDED") {
    // There, where domains happen to be the same, the job would run in its Iwd.
    changes.set("ShouldTransferFiles", quote("YES"));
    if (stringOf(ad, "WhenToTransferOutput") === undefined) {
      changes.set("WhenToTransferOutput", quote("ON_EXIT"));
    }
  }
  return changes;
}

/**
 * Returns what changes in a job's ad because its inputs are elsewhere. `placed`
 * says where an input that was copied is at the remote side; undefined for one
 * that was not copied.
 */
export function rewriteInputs(
  ad: Scope,
  needs: JobNeeds,
  placed: (input: JobInput) => string | undefined,
): Rewritten {
  const changes = new Map<string, string | undefined>();
  const byName = new Map<string, JobInput>();
  for (const input of needs.inputs.inputs) {
    if (!byName.has(input.written)) byName.set(input.written, input);
  }
  /** A name of the ad as it is at the remote side. */
  const there = (written: string): string => {
    const input = byName.get(written);
    if (input === undefined || input.url || !input.travels) return written;
    return placed(input) ?? input.path;
  };
  const checkpoint = checkpointFolder(needs, placed);
  for (const name of listAttributes(ad)) {
    const last = name === "TransferInput" ? checkpoint : [];
    const text = stringOf(ad, name);
    if (text === undefined && last.length === 0) continue;
    const names = [...parseTransferList(text ?? "").map(there), ...last];
    changes.set(name, quote(formatTransferList(names)));
  }
  for (const name of ["Cmd", "In", "OrigCmd", "x509userproxy"]) {
    const written = stringOf(ad, name);
    if (written === undefined || !byName.has(written)) continue;
    changes.set(name, quote(wholeFile(there(written), byName.get(written)!)));
  }
  rewritePlugins(ad, there, changes);
  return changes;
}

/** A single file is named itself, also where a list names its folder. */
function wholeFile(there: string, { placeIn }: JobInput): string {
  return there.endsWith("/") ? there + placeIn : there;
}

function listAttributes(ad: Scope): string[] {
  return [
    "TransferInput",
    "PublicInputFiles",
    ...attributeLists(ad, "TransferQueueInputList"),
    ...attributeLists(ad, "CommonInputCatalogs")
      .map((name) => `_x_catalog_${name}`),
    "CommonInputFiles",
  ];
}

/** TransferPlugins is `tag,tag=path;tag=path`. */
function rewritePlugins(
  ad: Scope,
  there: (written: string) => string,
  changes: Map<string, string | undefined>,
): void {
  const text = stringOf(ad, "TransferPlugins");
  if (text === undefined) return;
  const rules = text.split(";").map((rule) => {
    const equals = rule.indexOf("=");
    if (equals < 0) return rule;
    const path = there(rule.slice(equals + 1).trim());
    return `${rule.slice(0, equals)}=${path}`;
  });
  changes.set("TransferPlugins", quote(rules.join(";")));
}

/** What is in the job's folder of SPOOL goes last, over the other inputs. */
function checkpointFolder(
  { inputs: { inputs } }: JobNeeds,
  placed: (input: JobInput) => string | undefined,
): string[] {
  const checkpoint = inputs.find(({ kind }) => kind === "checkpoint");
  const folder = checkpoint && placed(checkpoint);
  return folder === undefined ? [] : [folder];
}

/**
 * In a job's folder of SPOOL the standard streams keep the names that they have
 * in the sandbox. A stream without StreamOut is a file like any other
 * (outputs.ts), so its own name has to stay. No stream needs a folder in Iwd:
 * HTCondor would send the folder into the sandbox, as it does with everything
 * that it finds there.
 */
function rewriteStreams(
  ad: Scope,
  changes: Map<string, string | undefined>,
): void {
  const out = stringOf(ad, "Out"), err = stringOf(ad, "Err");
  for (
    const [name, written, stream] of [
      ["Out", out, "_condor_stdout"],
      ["Err", err, err === out ? "_condor_stdout" : "_condor_stderr"],
    ] as const
  ) {
    if (!written || written === nullFile || isUrl(written)) continue;
    if (booleanOf(ad, `Stream${name}`) !== undefined) {
      changes.set(name, quote(stream));
    } else if (isAbsolute(written)) {
      changes.set(name, quote(baseName(written)));
    }
  }
}

function hasUrlTarget(ad: Scope): boolean {
  const text = stringOf(ad, "TransferOutputRemaps");
  if (text === undefined) return false;
  return parseRemaps(text).some(({ target }) => isUrl(target));
}

/** The remote schedd writes a log of its own, which the import reads. */
function rewriteLogs(
  { id, ad, logFolder }: RewriteJob,
  changes: Map<string, string | undefined>,
): void {
  const logs = ["UserLog", "DAGManNodesLog"].filter((name) =>
    ad.lookup(name) !== undefined
  );
  if (logs.length === 0) return;
  const path = `${logFolder}/${id.cluster}.${id.proc}.log`;
  changes.set("UserLog", quote(path));
  for (const name of ["DAGManNodesLog", "DAGManNodesMask"]) {
    if (ad.lookup(name) !== undefined) changes.set(name, undefined);
  }
}
