/**
 * Which files a job needs, read from its ad alone. The rules are those of
 * HTCondor's shadow (condor_utils/file_transfer.cpp, `_SimpleInit` and
 * `ExpandFileTransferList`), which lists a job's inputs when the job starts.
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { booleanOf, integerOf, stringOf } from "../job/attribute_values.ts";
import { attributeLists } from "./attribute_lists.ts";
import {
  baseName,
  folderName,
  illegalBelow,
  isAbsolute,
  isUrl,
  nullFile,
  under,
  unusableName,
  urlBaseName,
} from "./names.ts";
import {
  type FilesContext,
  type ShouldTransfer,
  shouldTransfer,
  spoolFolder,
} from "./policy.ts";
import { aroundNames, parseTransferList } from "./transfer_list.ts";

/**
 * What an input is to the job.
 *
 * - `executable`: Cmd; `stdin`: In.
 * - `file`: a name of TransferInput and its like.
 * - `proxy`: x509userproxy; `image`: ContainerImage; `plugin`: a file transfer
 *   plugin of the job; `common`: CommonInputFiles and the catalogs of 25.x.
 * - `checkpoint`: the job's folder in SPOOL. If it is there, its contents travel.
 */
export type InputKind =
  | "executable"
  | "stdin"
  | "file"
  | "proxy"
  | "image"
  | "plugin"
  | "common"
  | "checkpoint";

/**
 * One thing that a job needs: a file, or a directory with everything below it.
 * The ad does not say which of the two it is.
 */
export interface JobInput {
  /** What the job uses it for. */
  readonly kind: InputKind;
  /** The attribute that names it. For a checkpoint, which no attribute names, `Iwd`. */
  readonly attribute: string;
  /** The name as written in the attribute. */
  readonly written: string;
  /** Where it is at home: an absolute path, or a URL. */
  readonly path: string;
  /**
   * Where it lands, relative to the sandbox. For a file or directory: its name
   * there. For the contents of a directory, and for a checkpoint: the folder that
   * they go into, empty for the sandbox itself. If two inputs land in one place,
   * the later one wins.
   */
  readonly placeIn: string;
  /** Whether the contents of the directory travel without the directory: its name ends with a slash. */
  readonly contents: boolean;
  /** Whether `path` is a URL, which the execute side fetches by itself. */
  readonly url: boolean;
  /**
   * Whether HTCondor transfers it. False if the name is a path on the execute
   * machine: an executable with TransferExecutable = false, a container image
   * that is not transferred, and everything with ShouldTransferFiles = NO.
   */
  readonly travels: boolean;
  /** For an executable: its copy in SPOOL. If the copy is there, HTCondor takes it instead. */
  readonly spooled?: string;
}

/** A name in the ad that cannot travel. */
export interface FileProblem {
  /** The attribute that holds the name. */
  readonly attribute: string;
  /** The name as written in the attribute. */
  readonly written: string;
  /** Why it cannot travel, in a few words. */
  readonly reason: string;
}

/** A credential that a job asks for by name. The ad does not contain it. */
export interface NamedCredential {
  /** `OAuthServicesNeeded`, `ScitokensFile` or `SendCredential`. */
  readonly attribute: string;
  /** The service or the file; empty for SendCredential. */
  readonly name: string;
}

/** What {@linkcode jobInputs} finds. */
export interface JobInputs {
  /** ShouldTransferFiles. */
  readonly transfer: ShouldTransfer;
  /** What the job needs, in the order in which HTCondor sends it. */
  readonly inputs: readonly JobInput[];
  /** Names that cannot travel. */
  readonly problems: readonly FileProblem[];
  /** Credentials that the job needs besides its files. */
  readonly credentials: readonly NamedCredential[];
}

/**
 * Lists what a job needs. Nothing is looked up on the disk.
 *
 * @example
 * ```ts
 * import { ClassAd } from "../../classad/mod.ts";
 * import { jobInputs } from "./inputs.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ad = ClassAd.parse(
 *   '[Iwd = "/home/alice"; Cmd = "/home/alice/run"; TransferInput = "a,d/"]',
 * );
 * const { inputs } = jobInputs(ad);
 * assertEquals(inputs.map(({ kind, path, placeIn }) => [kind, path, placeIn]), [
 *   ["file", "/home/alice/a", "a"],
 *   ["file", "/home/alice/d/", ""],
 *   ["executable", "/home/alice/run", "run"],
 * ]);
 * ```
 */
export function jobInputs(ad: Scope, context: FilesContext = {}): JobInputs {
  const collector = new InputCollector(ad, context);
  collector.collect();
  return {
    transfer: shouldTransfer(ad),
    inputs: collector.inputs,
    problems: collector.problems,
    credentials: credentialsOf(ad),
  };
}

class InputCollector {
  readonly inputs: JobInput[] = [];
  readonly problems: FileProblem[] = [];
  readonly #ad: Scope;
  readonly #context: FilesContext;
  readonly #iwd: string;
  readonly #transfers: boolean;
  readonly #keepsPaths: boolean;
  /** The names listed so far, as written. HTCondor lists no name twice. */
  readonly #listed = new Set<string>();

  constructor(ad: Scope, context: FilesContext) {
    this.#ad = ad;
    this.#context = context;
    this.#iwd = stringOf(ad, "Iwd") ?? "";
    this.#transfers = shouldTransfer(ad) !== "NO";
    this.#keepsPaths = booleanOf(ad, "PreserveRelativePaths") ?? false;
  }

  /** Collects in the order of file_transfer.cpp: the proxy and the plugins first. */
  collect(): void {
    if (!isAbsolute(this.#iwd)) {
      this.#refuse("Iwd", this.#iwd, "Iwd is not an absolute path");
      return;
    }
    this.#proxy();
    if (this.#transfers) {
      this.#plugins();
      this.#list("TransferInput");
      this.#list("PublicInputFiles");
      for (const name of attributeLists(this.#ad, "TransferQueueInputList")) {
        this.#list(name);
      }
    }
    this.#stdin();
    this.#executable();
    this.#image();
    if (!this.#transfers) return;
    this.#common();
    this.#checkpoint();
    this.#manifest();
  }

  #refuse(attribute: string, written: string, reason: string): void {
    this.problems.push({ attribute, written, reason });
  }

  #add(
    input: Pick<JobInput, "kind" | "attribute" | "written"> & Partial<JobInput>,
  ): void {
    const { attribute, written } = input;
    const url = isUrl(written);
    const placeIn = input.placeIn ??
      (url ? urlBaseName(written) : baseName(written));
    const path = url ? written : under(this.#iwd, written);
    const contents = input.contents ?? false;
    // The transfer plugin decides where a URL without a last part lands.
    const reason = unusableName(written) ??
      (placeIn !== ""
        ? illegalBelow(placeIn)
        : contents || url
        ? undefined
        : "the name ends with a slash");
    if (reason !== undefined) return this.#refuse(attribute, written, reason);
    const travels = this.#transfers;
    this.inputs.push({ travels, ...input, path, placeIn, contents, url });
  }

  #list(attribute: string, kind?: "common"): void {
    const text = stringOf(this.#ad, attribute);
    if (text === undefined) return;
    const image = stringOf(this.#ad, "ContainerImage");
    for (const written of parseTransferList(text)) {
      if (kind === undefined && attribute !== "TransferInput") {
        if (this.#listed.has(written)) continue;
      }
      if (kind === undefined) this.#listed.add(written);
      const contents = written.endsWith("/") && !isUrl(written);
      const isImage = attribute === "TransferInput" &&
        image !== undefined && image === baseName(written.replace(/\/$/, ""));
      this.#add({
        kind: kind ?? (isImage ? "image" : "file"),
        attribute,
        written,
        contents,
        placeIn: this.#placeOf(written, contents),
      });
    }
  }

  /** Returns where a name of a list lands; undefined if its last part is the place. */
  #placeOf(written: string, contents: boolean): string | undefined {
    if (isUrl(written)) return undefined;
    const keeps = this.#keepsPaths && !isAbsolute(written);
    if (contents) return keeps ? withoutDots(written.replace(/\/+$/, "")) : "";
    if (!keeps || folderName(written) === ".") return undefined;
    return withoutDots(written);
  }

  #proxy(): void {
    const written = stringOf(this.#ad, "x509userproxy");
    if (written === undefined || written === nullFile) return;
    this.#listed.add(written);
    this.#add({ kind: "proxy", attribute: "x509userproxy", written });
  }

  /** TransferPlugins is `tag,tag=path;tag=path`. */
  #plugins(): void {
    const text = stringOf(this.#ad, "TransferPlugins");
    for (const rule of text?.split(";") ?? []) {
      const equals = rule.indexOf("=");
      if (equals < 0) continue;
      const written = rule.slice(equals + 1).replace(aroundNames, "");
      if (this.#listed.has(written)) continue;
      this.#listed.add(written);
      this.#add({ kind: "plugin", attribute: "TransferPlugins", written });
    }
  }

  /** HTCondor sends In even if it is streamed, and even if TransferIn is false. */
  #stdin(): void {
    const written = stringOf(this.#ad, "In");
    if (written === undefined || written === "" || written === nullFile) return;
    if (this.#listed.has(written)) return;
    this.#listed.add(written);
    this.#add({ kind: "stdin", attribute: "In", written });
  }

  #executable(): void {
    const written = stringOf(this.#ad, "Cmd");
    // A container image may have its own command.
    if (written === undefined || written === "") return;
    if (this.#listed.has(written)) return;
    const travels = this.#transfers &&
      (booleanOf(this.#ad, "TransferExecutable") ?? true);
    const spooled = spooledExecutable(this.#ad, this.#context);
    this.#add({
      kind: "executable",
      attribute: "Cmd",
      written,
      travels,
      ...(spooled === undefined ? {} : { spooled }),
    });
    const original = stringOf(this.#ad, "OrigCmd");
    if (!original || this.#listed.has(original) || !this.#transfers) return;
    this.#add({ kind: "file", attribute: "OrigCmd", written: original });
  }

  /**
   * If an image travels, TransferInput lists it and ContainerImage holds only the
   * last part of its name. If only ContainerImage names it, the execute machine
   * has to have it.
   */
  #image(): void {
    const written = stringOf(this.#ad, "ContainerImage");
    if (written === undefined || written === "") return;
    if (this.inputs.some(({ kind }) => kind === "image")) return;
    // If it is a URL, such as docker://…, the starter fetches it.
    const folder = written.length > 1 && written.endsWith("/");
    this.#add({
      kind: "image",
      attribute: "ContainerImage",
      written,
      travels: false,
      ...(folder ? { placeIn: baseName(written.slice(0, -1)) } : {}),
    });
  }

  /** Release 23.9 knows neither attribute. */
  #common(): void {
    if (this.#context.release === "23.9") return;
    for (const name of attributeLists(this.#ad, "CommonInputCatalogs")) {
      this.#list(`_x_catalog_${name}`, "common");
    }
    this.#list("CommonInputFiles", "common");
  }

  #checkpoint(): void {
    const folder = spoolFolder(this.#ad, this.#context);
    if (folder === undefined) return;
    if (stringOf(this.#ad, "CheckpointDestination") !== undefined) return;
    this.inputs.push({
      kind: "checkpoint",
      attribute: "Iwd",
      written: folder,
      path: `${folder}/`,
      placeIn: "",
      contents: true,
      url: false,
      travels: true,
    });
  }

  #manifest(): void {
    const written = stringOf(this.#ad, "DataReuseManifestSHA256");
    if (written === undefined) return;
    const reason =
      "the files that a data reuse manifest lists are not in the ad";
    this.#refuse("DataReuseManifestSHA256", written, reason);
  }
}

/**
 * Returns where the executable of the job's cluster is if condor_submit copied it
 * to SPOOL: `GetSpooledExecutablePath` (spooled_job_files.cpp). Undefined if SPOOL
 * is not known.
 */
export function spooledExecutable(
  ad: Scope,
  { spool }: FilesContext,
): string | undefined {
  const cluster = integerOf(ad, "ClusterId");
  if (spool === undefined || cluster === undefined) return undefined;
  return `${spool.replace(/\/+$/, "")}/${cluster % 10000}/` +
    `cluster${cluster}.ickpt.subproc0`;
}

/** `./a/./b` is `a/b`. */
function withoutDots(path: string): string {
  return path.split("/").filter((part) => part !== "." && part !== "")
    .join("/");
}

/** Returns the credentials that the job asks the credd for. */
function credentialsOf(ad: Scope): NamedCredential[] {
  const credentials: NamedCredential[] = [];
  const services = stringOf(ad, "OAuthServicesNeeded") ?? "";
  for (const name of services.split(/[,\s]+/).filter((name) => name !== "")) {
    credentials.push({ attribute: "OAuthServicesNeeded", name });
  }
  const token = stringOf(ad, "ScitokensFile");
  if (token) credentials.push({ attribute: "ScitokensFile", name: token });
  if (booleanOf(ad, "SendCredential") === true) {
    credentials.push({ attribute: "SendCredential", name: "" });
  }
  return credentials;
}
