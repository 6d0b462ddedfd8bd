/**
 * Which files a job leaves and where each of them ends at home, read from its
 * ad alone. The rules are those of HTCondor's starter and shadow
 * (condor_utils/file_transfer.cpp, condor_starter.V6.1/jic_shadow.cpp,
 * condor_shadow.V6.1/remoteresource.cpp).
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { booleanOf, integerOf, stringOf } from "../job/attribute_values.ts";
import type { FileProblem } from "./inputs.ts";
import {
  baseName,
  illegalBelow,
  isAbsolute,
  isUrl,
  nullFile,
  under,
  unusableName,
} from "./names.ts";
import {
  type FilesContext,
  isSpooled,
  type ShouldTransfer,
  shouldTransfer,
  type WhenToTransfer,
  whenToTransfer,
} from "./policy.ts";
import { parseTransferList, parseWordList } from "./transfer_list.ts";
import { OutputPlaces, type Placement } from "./output_places.ts";

/**
 * What an output is.
 *
 * - `stdout`, `stderr`: the standard streams.
 * - `file`: a name of TransferOutput: a file, or a directory with all that is
 *   below it.
 * - `core`: the core file of a job that a signal killed, if there is one.
 * - `log`: the starter's log that JobStarterLog asks for.
 * - `manifest`: the folder with lists of the sandbox that ManifestDesired asks for.
 */
export type OutputKind =
  | "stdout"
  | "stderr"
  | "file"
  | "core"
  | "log"
  | "manifest";

/** One thing that a job leaves. */
export interface JobOutput {
  /** What it is. */
  readonly kind: OutputKind;
  /** The attribute that asks for it. */
  readonly attribute: string;
  /**
   * The name as written in the attribute, or the name that HTCondor gives it.
   */
  readonly written: string;
  /** Where the job leaves it: relative to the sandbox, or absolute on the execute machine. */
  readonly source: string;
  /**
   * The name under which it is sent home, before remaps. `place` of
   * {@linkcode JobOutputs} says where a file of that name ends. For the contents
   * of a directory it is the folder in front of each name, empty if there is none.
   */
  readonly arrivesAs: string;
  /** Whether the contents of the directory come home without the directory: its name ends with a slash. */
  readonly contents: boolean;
  /** Whether it may be missing. If another listed output is missing, HTCondor holds the job. */
  readonly optional: boolean;
}

/** A standard stream that is written to its place at home while the job runs. */
export interface StreamedOutput {
  /** `Out` or `Err`. */
  readonly attribute: string;
  /** The absolute path at home. */
  readonly path: string;
}

/** An event log that the schedd and the shadow write at home. It never travels. */
export interface JobLog {
  /** `UserLog` or `DAGManNodesLog`. */
  readonly attribute: string;
  /** The absolute path at home. */
  readonly path: string;
}

/** What {@linkcode jobOutputs} finds. */
export interface JobOutputs {
  /** ShouldTransferFiles. With `NO` the job writes into its Iwd itself. */
  readonly transfer: ShouldTransfer;
  /** WhenToTransferOutput. */
  readonly when: WhenToTransfer;
  /** The folder at home that names are relative to: OutputDirectory (25 only), else Iwd. */
  readonly folder: string;
  /** Whether Iwd is in a schedd's SPOOL. Files then keep the names of the sandbox. */
  readonly spooled: boolean;
  /**
   * Whether TransferOutput is missing. Then every new or changed file at the top
   * of the sandbox comes home, in addition to `listed`. Directories do not.
   */
  readonly changedFiles: boolean;
  /** Names that come home, including the standard streams. */
  readonly listed: readonly JobOutput[];
  /**
   * What comes home instead if the job did not end as JobSuccessExitCode says:
   * FailureFiles and the standard streams. In 23.9, if FailureFiles is missing,
   * nothing comes home.
   */
  readonly whenFailed: readonly JobOutput[];
  /** TransferCheckpoint: what goes to SPOOL, or to CheckpointDestination, at a checkpoint. */
  readonly checkpoint: readonly JobOutput[];
  /** CheckpointDestination, a URL. */
  readonly checkpointDestination: string | undefined;
  /** Standard streams that do not travel as files. */
  readonly streamed: readonly StreamedOutput[];
  /** The job's event logs. */
  readonly logs: readonly JobLog[];
  /** Names that cannot come home. */
  readonly problems: readonly FileProblem[];
  /**
   * Returns where a file ends that arrives under a name. `source` is its name in
   * the sandbox, by default the same name: it decides whether the file goes to a
   * URL.
   */
  place(arrivesAs: string, source?: string): Placement;
  /**
   * Whether a file at the top of the sandbox is one that HTCondor never sends
   * home by itself: its own files, the executable and the proxy.
   */
  isLeftBehind(name: string): boolean;
}

/** HTCondor's own files in a sandbox. They never come home. */
const ownFiles = new Set([
  ".job.ad",
  ".machine.ad",
  ".execution_overlay.ad",
  ".docker_sock",
  ".docker_stdout",
  ".docker_stderr",
  ".docker_stderror",
  ".condor_container_launched",
  ".update.ad",
  ".update.ad.tmp",
  ".chirp.config",
  ".starter.log",
  ".starter.log.old",
]);

/** The names of the standard streams in the sandbox. */
const stdoutName = "_condor_stdout", stderrName = "_condor_stderr";
/** The name of the starter's log in the sandbox. */
const starterLogName = ".starter.log";

/**
 * Says what a job leaves. Nothing is looked up on the disk.
 *
 * @example
 * ```ts
 * import { ClassAd } from "../../classad/mod.ts";
 * import { jobOutputs } from "./outputs.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const outputs = jobOutputs(ClassAd.parse(`[
 *   Iwd = "/home/alice"; TransferOutput = "a,sub/b";
 *   TransferOutputRemaps = "b=/data/b.1"; Out = "log/out"; StreamOut = false
 * ]`));
 * assertEquals(outputs.listed.map(({ arrivesAs }) => arrivesAs), [
 *   "a",
 *   "b",
 *   "_condor_stdout",
 * ]);
 * assertEquals(outputs.place("b"), { path: "/data/b.1" });
 * assertEquals(outputs.place("_condor_stdout"), { path: "/home/alice/log/out" });
 * ```
 */
export function jobOutputs(
  ad: Scope,
  context: FilesContext = {},
): JobOutputs {
  return new OutputReader(ad, context).read();
}

class OutputReader {
  readonly #ad: Scope;
  readonly #context: FilesContext;
  readonly #iwd: string;
  readonly #transfers: boolean;
  readonly #keepsPaths: boolean;
  readonly #problems: FileProblem[] = [];

  constructor(ad: Scope, context: FilesContext) {
    this.#ad = ad;
    this.#context = context;
    this.#iwd = stringOf(ad, "Iwd") ?? "";
    this.#transfers = shouldTransfer(ad) !== "NO";
    this.#keepsPaths = booleanOf(ad, "PreserveRelativePaths") ?? false;
  }

  read(): JobOutputs {
    const ad = this.#ad, iwd = this.#iwd;
    if (!isAbsolute(iwd)) {
      this.#refuse("Iwd", iwd, "Iwd is not an absolute path");
    }
    const list = stringOf(ad, "TransferOutput");
    const spooled = isSpooled(ad, this.#context);
    const directory = this.#context.release === "23.9"
      ? undefined
      : stringOf(ad, "OutputDirectory");
    const folder = under(iwd, directory ?? "").replace(/(?<=.)\/+$/, "");
    const places = new OutputPlaces(ad, { ...this.#context, folder, spooled });
    const listed = this.#transfers ? this.#listed(list) : [];
    return {
      transfer: shouldTransfer(ad),
      when: whenToTransfer(ad),
      folder,
      spooled,
      changedFiles: list === undefined && this.#transfers,
      listed,
      whenFailed: this.#whenFailed(),
      checkpoint: this.#checkpoint(),
      checkpointDestination: stringOf(ad, "CheckpointDestination"),
      streamed: this.#streamed(),
      logs: this.#logs(),
      problems: this.#problems,
      place: (arrivesAs, source) => places.of(arrivesAs, source),
      isLeftBehind: (name) => this.#isLeftBehind(name),
    };
  }

  #refuse(attribute: string, written: string, reason: string): void {
    this.#problems.push({ attribute, written, reason });
  }

  #listed(list: string | undefined): JobOutput[] {
    const named = list === undefined ? [] : this.#names("TransferOutput");
    return [
      ...this.#withStreams(named, list !== undefined),
      ...this.#starterLog(),
      ...this.#manifest(),
      ...this.#core(),
    ];
  }

  #whenFailed(): JobOutput[] {
    if (!this.#transfers) return [];
    const unnamed = stringOf(this.#ad, "FailureFiles") === undefined;
    if (unnamed && this.#context.release === "23.9") return [];
    return [
      ...this.#withStreams(this.#names("FailureFiles")),
      ...this.#starterLog(),
    ];
  }

  /** The outputs that a list of names asks for. */
  #names(attribute: string): JobOutput[] {
    const names = parseTransferList(stringOf(this.#ad, attribute) ?? "");
    return names.flatMap((written) => this.#output(attribute, written) ?? []);
  }

  #output(attribute: string, written: string): JobOutput | undefined {
    const contents = written.endsWith("/");
    const keeps = this.#keepsPaths && !isAbsolute(written);
    const name = contents ? written.replace(/\/+$/, "") : written;
    const arrivesAs = keeps
      ? name.split("/").filter((part) => part !== "." && part !== "").join("/")
      : contents
      ? ""
      : baseName(name);
    const reason = unusableName(written) ??
      (isUrl(written) ? "an output cannot be a URL" : undefined) ??
      // A name must not lead out of the job's own sandbox.
      (name.split("/").includes("..")
        ? "the name leaves the sandbox (..)"
        : undefined) ??
      (arrivesAs === "" ? undefined : illegalBelow(arrivesAs));
    if (reason !== undefined) {
      this.#refuse(attribute, written, reason);
      return undefined;
    }
    return {
      kind: "file",
      attribute,
      written,
      source: name,
      arrivesAs,
      contents,
      optional: false,
    };
  }

  /** Adds the standard streams that travel as files. */
  #withStreams(outputs: JobOutput[], besideList = true): JobOutput[] {
    const out = this.#stream("Out", "stdout", besideList);
    const err = this.#stream("Err", "stderr", besideList);
    for (const stream of [out, err]) {
      if (stream === undefined) continue;
      const { source } = stream;
      if (!outputs.some((other) => other.source === source)) {
        outputs.push(stream);
      }
    }
    return outputs;
  }

  /**
   * The starter gives a stream its own name only when StreamOut says false. When
   * the attribute is missing (`transfer_output = false`), the stream is a file
   * like others: the job writes it under the last part of Out, where it counts
   * as new. Beside a list HTCondor looks for it under the whole of Out instead,
   * and so misses one in a folder.
   */
  #stream(
    attribute: "Out" | "Err",
    kind: "stdout" | "stderr",
    besideList: boolean,
  ): JobOutput | undefined {
    const written = stringOf(this.#ad, attribute);
    if (written === undefined || written === "" || written === nullFile) return;
    const streams = booleanOf(this.#ad, `Stream${attribute}`);
    if (streams === true) return undefined;
    const reason = unusableName(written);
    if (reason !== undefined) {
      this.#refuse(attribute, written, reason);
      return undefined;
    }
    const shared = attribute === "Err" && stringOf(this.#ad, "Out") === written;
    const name = streams === undefined
      ? besideList ? written : baseName(written)
      : kind === "stdout" || shared
      ? stdoutName
      : stderrName;
    return {
      kind,
      attribute,
      written,
      source: name,
      arrivesAs: baseName(name),
      contents: false,
      optional: false,
    };
  }

  #streamed(): StreamedOutput[] {
    return (["Out", "Err"] as const).flatMap((attribute) => {
      const written = stringOf(this.#ad, attribute);
      if (!written || written === nullFile || isUrl(written)) return [];
      const streams = booleanOf(this.#ad, `Stream${attribute}`) === true;
      if (!streams && this.#transfers) return [];
      return [{ attribute, path: under(this.#iwd, written) }];
    });
  }

  #starterLog(): JobOutput[] {
    const written = stringOf(this.#ad, "JobStarterLog");
    if (written === undefined) return [];
    if (this.#ad.lookup("JobStarterDebug") === undefined) return [];
    return [{
      kind: "log",
      attribute: "JobStarterLog",
      written,
      source: starterLogName,
      arrivesAs: starterLogName,
      contents: false,
      optional: true,
    }];
  }

  #manifest(): JobOutput[] {
    const folder = stringOf(this.#ad, "ManifestDir");
    const wanted = booleanOf(this.#ad, "ManifestDesired") === true;
    if (folder === undefined && !wanted) return [];
    const written = folder ?? `${this.#id("_") ?? "_condor"}_manifest`;
    const attribute = folder === undefined ? "ManifestDesired" : "ManifestDir";
    const output = this.#output(attribute, written);
    return output ? [{ ...output, kind: "manifest", optional: true }] : [];
  }

  /** os_proc.cpp renames the core file that it finds, and sends it home too. */
  #core(): JobOutput[] {
    const id = this.#id(".");
    if (id === undefined) return [];
    const name = `core.${id}`;
    return [{
      kind: "core",
      attribute: "JobCoreFileName",
      written: name,
      source: name,
      arrivesAs: name,
      contents: false,
      optional: true,
    }];
  }

  #id(between: string): string | undefined {
    const cluster = integerOf(this.#ad, "ClusterId");
    const proc = integerOf(this.#ad, "ProcId");
    if (cluster === undefined || proc === undefined) return undefined;
    return `${cluster}${between}${proc}`;
  }

  #checkpoint(): JobOutput[] {
    const text = stringOf(this.#ad, "TransferCheckpoint");
    if (text === undefined || !this.#transfers) return [];
    return this.#withStreams(
      parseWordList(text).flatMap((name) =>
        this.#output("TransferCheckpoint", name) ?? []
      ),
    );
  }

  #logs(): JobLog[] {
    return ["UserLog", "DAGManNodesLog"].flatMap((attribute) => {
      const written = stringOf(this.#ad, attribute);
      if (written === undefined || written === "" || written === nullFile) {
        return [];
      }
      const reason = unusableName(written);
      if (reason === undefined) {
        return [{ attribute, path: under(this.#iwd, written) }];
      }
      this.#refuse(attribute, written, reason);
      return [];
    });
  }

  #isLeftBehind(name: string): boolean {
    if (ownFiles.has(name)) return true;
    const own = ["Cmd", "x509userproxy"].map((attribute) =>
      stringOf(this.#ad, attribute)
    );
    return own.some((path) => path !== undefined && baseName(path) === name);
  }
}
