/**
 * A site: a remote place that jobs are sent to and come home from, as the
 * administrator has described it in HTCondor's configuration.
 *
 * @module
 */
import type { AttributeChange } from "../job/change.ts";

/** How the jobs' files travel to a site. */
export type SiteFiles = "stage" | "shared-fs" | "none";

/** Where bundles are put for a site, or fetched from. */
export type Place =
  | {
    /** A folder that both sides see. */
    readonly kind: "folder";
    /** The folder, absolute. */
    readonly path: string;
  }
  | {
    /** A folder of another host, reached by rsync over ssh. */
    readonly kind: "rsync";
    /** The host, as ssh takes it. */
    readonly host: string;
    /** The folder there. */
    readonly path: string;
  }
  | {
    /** A command of the administrator's. */
    readonly kind: "command";
    /** The command with its arguments. */
    readonly argv: readonly string[];
  };

/** A site that is in force. Times are in seconds, sizes in bytes. */
export interface Site {
  /** The site's name, as it is in LUMBERJACK_SITES. */
  readonly name: string;
  /** Which jobs go there. */
  readonly constraint: string;
  /** Whose jobs may go there; empty if every owner's may. */
  readonly owners: readonly string[];
  /** How many jobs may be away at once. */
  readonly maxJobs: number;
  /** How many bytes of input files may be away at once. */
  readonly maxBytes: number;
  /** How many jobs make an export worth an allocation. */
  readonly minJobs: number;
  /** After this time fewer than `minJobs` jobs leave, too. */
  readonly maxWait: number;
  /** How the jobs' files travel. */
  readonly files: SiteFiles;
  /** Paths that exist at the site. */
  readonly presentThere: readonly string[];
  /** Attributes that are set in the ads that leave. */
  readonly set: readonly AttributeChange[];
  /** SPOOL of the schedd at the site. */
  readonly remoteSpool: string;
  /** The executable of Lumberjack at the site: a name, or a path. */
  readonly remoteExecutable: string;
  /** Where bundles go. */
  readonly ship: Place;
  /** Where bundles come from. */
  readonly fetch: Place;
  /** After this time away, jobs count as overdue. */
  readonly returnBy: number;
  /** False if no more jobs go there. What is away still comes home. */
  readonly enabled: boolean;
}

/** Something that is wrong with a site's configuration. */
export interface SiteProblem {
  /** The site that is not in force because of this; undefined: a knob of no site. */
  readonly site: string | undefined;
  /** The knob, with its value and its place: `NAME = VALUE (FILE, line N)`. */
  readonly knob: string;
  /** What is wrong. */
  readonly message: string;
  /** What to write instead. */
  readonly remedy: string;
}
