/**
 * What Lumberjack's configuration knobs mean, for help, the manual page and
 * docs/automation.md.
 *
 * @module
 */
import type { Site } from "./site.ts";

/** What is said of one knob. Code stands between backticks. */
export interface KnobHelp {
  /** What the knob is for. */
  readonly meaning: string;
  /** What holds if the knob is not set. */
  readonly ifNotSet: string;
}

/** The knobs of a site, `LUMBERJACK_<SITE>_<KNOB>`, by the field they fill. */
export const siteKnobHelp: {
  readonly [Field in keyof Omit<Site, "name">]: KnobHelp;
} = {
  constraint: {
    meaning: "which jobs go there; must depend on the job",
    ifNotSet: "has to be set",
  },
  owners: { meaning: "whose jobs may go there", ifNotSet: "every owner's" },
  maxJobs: {
    meaning: "how many jobs may be away at once",
    ifNotSet: "10000",
  },
  maxBytes: {
    meaning: "how many bytes of input files may be away at once",
    ifNotSet: "1 TB",
  },
  minJobs: { meaning: "how many jobs are worth an export", ifNotSet: "1" },
  maxWait: {
    meaning: "after this time, fewer jobs leave, too",
    ifNotSet: "1h",
  },
  files: {
    meaning: "how the jobs' files travel: `stage`, `shared-fs` or `none`",
    ifNotSet: "`stage`",
  },
  presentThere: { meaning: "paths that exist at the site", ifNotSet: "none" },
  set: {
    meaning: "lines `NAME = EXPRESSION`: attributes of the ads that leave",
    ifNotSet: "none",
  },
  remoteSpool: {
    meaning: "`SPOOL` of the schedd at the site",
    ifNotSet: "has to be set",
  },
  remoteExecutable: {
    meaning: "Lumberjack at the site: a name, or its path",
    ifNotSet: "`lumberjack`",
  },
  ship: { meaning: "where bundles go", ifNotSet: "has to be set" },
  fetch: { meaning: "where bundles come from", ifNotSet: "has to be set" },
  returnBy: {
    meaning: "after this time away, an export is overdue",
    ifNotSet: "7d",
  },
  enabled: {
    meaning: "`False`: nothing more goes there; what is away still comes home",
    ifNotSet: "`True`",
  },
};

/** The knobs that belong to no site, by their full name. */
export const generalKnobHelp: Readonly<Record<string, KnobHelp>> = {
  LUMBERJACK_SITES: {
    meaning:
      "the names of the sites, with blanks or commas between them. If a job " +
      "matches two sites, the first one gets it",
    ifNotSet: "no site",
  },
  LUMBERJACK_DIR: {
    meaning: "the folder for exports and bundles",
    ifNotSet: "`$(LOCAL_DIR)/lumberjack`",
  },
};
