import { parse } from "../../../classad/mod.ts";
import { LumberjackError } from "../../error.ts";
import type {
  FilesMode,
  ManifestFiles,
} from "../../export_dir/manifest_files.ts";
import { lockAttributes, plannedAttribute } from "../../job/lock.ts";
import { illegalBelow } from "../names.ts";

/** How the files of an export travel, as the user asks for it. */
export interface StageOptions {
  /** `stage`: a copy travels. `shared-fs`: the remote side sees the same files. */
  readonly mode: FilesMode;
  /** Folders that the remote side has under the same path; absolute. */
  readonly presentThere?: readonly string[];
  /** The largest inputs that one job may have, in bytes. */
  readonly mostJobBytes?: number;
  /** The largest inputs that one export may have, in bytes. */
  readonly mostExportBytes?: number;
  /** Jobs that need credentials from the credd go too. */
  readonly credentials?: boolean;
  /** Attributes of the ads that leave, each with an expression in old syntax. */
  readonly set?: readonly { readonly name: string; readonly value: string }[];
  /** Attributes that the ads that leave do not have. */
  readonly deleted?: readonly string[];
  /** SPOOL of the schedd that has the jobs, if it is on this host. */
  readonly spool?: string;
  /** The bundle that takes the tree, absolute. */
  readonly bundle?: string;
}

/** What makes a job this job: the remote schedd and the import need it. */
const fixed: ReadonlySet<string> = new Set(
  [
    ...lockAttributes,
    plannedAttribute,
    "ClusterId",
    "GlobalJobId",
    "Iwd",
    "JobStatus",
    "JobUniverse",
    "LeaveJobInQueue",
    "MyType",
    "Owner",
    "ProcId",
    "TargetType",
    "User",
    "UserLog",
    "DAGManNodesLog",
  ].map((name) => name.toLowerCase()),
);

/**
 * Checks options that a user gave. Throws {@linkcode LumberjackError} for a
 * value that is no expression, a name that may not be changed, and a prefix
 * that is not absolute.
 */
export function checkStageOptions(options: StageOptions): void {
  const { set = [], deleted = [], presentThere = [] } = options;
  for (const { name, value } of set) {
    checkName(name);
    try {
      // A value is one line of the log.
      if (/[\r\n\0]/.test(value)) throw new Error("it has a line end");
      parse(value, { syntax: "old" });
    } catch (cause) {
      throw new LumberjackError("the value of --set is no expression", {
        cause,
        subject: `${name}=${value}`,
        remedy: "write strings in quotes: --set 'NAME=\"text\"'",
      });
    }
  }
  for (const name of deleted) checkName(name);
  for (const prefix of presentThere) {
    const below = prefix.replace(/^\/+/, "");
    if (prefix.startsWith("/") && illegalBelow(below || "root") === undefined) {
      continue;
    }
    throw new LumberjackError("--present-there wants absolute paths", {
      subject: prefix,
      remedy: "write a folder that the remote side has, such as /cvmfs",
    });
  }
}

function checkName(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new LumberjackError("not the name of an attribute", {
      subject: name,
      remedy: "write --set NAME=EXPRESSION, --delete NAME",
    });
  }
  if (!fixed.has(name.toLowerCase())) return;
  throw new LumberjackError("this attribute cannot change on the way out", {
    subject: name,
    remedy: "change it at home with condor_qedit, before the export",
  });
}

/** Returns what the manifest of an export says about files when it is planned. */
export function plannedFiles(options: StageOptions): ManifestFiles {
  return {
    mode: options.mode,
    presentThere: options.presentThere ?? [],
    set: options.set ?? [],
    deleted: options.deleted ?? [],
    credentials: options.credentials ?? false,
    rewritten: [],
    inputs: 0,
    count: 0,
    bytes: 0,
    ...(options.bundle === undefined ? {} : { bundle: options.bundle }),
  };
}

/** Returns the options of an export that was planned, for `recover`. */
export function optionsOf(files: ManifestFiles, spool?: string): StageOptions {
  const { mode, presentThere, set, deleted, credentials, bundle } = files;
  return { mode, presentThere, set, deleted, credentials, bundle, spool };
}
