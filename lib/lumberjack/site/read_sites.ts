import { type Knob, readKnobs } from "../../condor/knob_dump.ts";
import { readGeneralKnobs } from "./general_knobs.ts";
import {
  describedKnob,
  readAssignments,
  readBoolean,
  readConstraint,
  readCount,
  readList,
  readOwners,
  readPath,
  readPaths,
  readPlace,
  readProgram,
  readSize,
  readTime,
  readWord,
  WrongValue,
} from "./knob_values.ts";
import type { Place, Site, SiteFiles, SiteProblem } from "./site.ts";
import { strayKnobs } from "./stray_knobs.ts";

/** The sites that are in force, and what is wrong with the other ones. */
export interface Sites {
  /** The sites in the order of LUMBERJACK_SITES. */
  readonly sites: readonly Site[];
  /** What is wrong. A site with a problem is not in `sites`. */
  readonly problems: readonly SiteProblem[];
  /** LUMBERJACK_DIR; undefined if it is not set. */
  readonly folder: string | undefined;
  /** The values of the knobs of no site, by name. */
  readonly general: Readonly<Record<string, string>>;
}

/** What all knobs of Lumberjack begin with. */
const prefix = "LUMBERJACK_";

const fileModes: readonly SiteFiles[] = ["stage", "shared-fs", "none"];

/** A knob of a site: how its value is read, and the value if it is not set. */
interface SiteKnob<Value> {
  readonly read: (text: string) => Value;
  /** Undefined: the knob has to be set. */
  readonly byDefault: Value | undefined;
  /** A value, for a knob that has to be set. */
  readonly example?: string;
}

const knobs: {
  readonly [Field in keyof Omit<Site, "name">]: SiteKnob<Site[Field]>;
} = {
  constraint: {
    ...{ read: readConstraint, byDefault: undefined },
    example: 'DESIRED_Sites == "ALCF"',
  },
  owners: { read: readOwners, byDefault: [] },
  maxJobs: { read: readCount, byDefault: 10_000 },
  maxBytes: { read: readSize, byDefault: 2 ** 40 },
  minJobs: { read: readCount, byDefault: 1 },
  maxWait: { read: readTime, byDefault: 3600 },
  files: { read: (text) => readWord(text, fileModes), byDefault: "stage" },
  presentThere: { read: readPaths, byDefault: [] },
  set: { read: readAssignments, byDefault: [] },
  remoteSpool: {
    ...{ read: readPath, byDefault: undefined },
    example: "/scratch/lumberjack/spool",
  },
  remoteExecutable: { read: readProgram, byDefault: "lumberjack" },
  ship: {
    ...{ read: readPlace, byDefault: undefined },
    example: "rsync:login.alcf.example:/scratch/lumberjack/in",
  },
  fetch: {
    ...{ read: readPlace, byDefault: undefined },
    example: "rsync:login.alcf.example:/scratch/lumberjack/out",
  },
  returnBy: { read: readTime, byDefault: 7 * 86_400 },
  enabled: { read: readBoolean, byDefault: true },
};

/** Returns a field's knob: `MAX_JOBS` for `maxJobs`. */
export function knobName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const fields = Object.keys(knobs) as (keyof typeof knobs)[];
/** The names of the knobs that every site has, without site and prefix. */
export const siteKnobNames: readonly string[] = fields.map(knobName);

/** Reads the sites from HTCondor's configuration. */
export async function loadSites(): Promise<Sites> {
  // The first letters alone: LUMBERJAK_SITES is to be found, too.
  return readSites(await readKnobs("LUMBER"));
}

/**
 * Reads the sites from knobs. If a value is wrong, its site is not used; other
 * sites are. The same holds for a knob that no site has: if `MAX_JOB` was to be
 * `MAX_JOBS`, the limit that the administrator wanted would not hold.
 */
export function readSites(given: readonly Knob[]): Sites {
  const byName = new Map(
    given.filter(({ value }) => value !== "")
      .map((knob) => [knob.name.toUpperCase(), knob]),
  );
  const list = byName.get(`${prefix}SITES`);
  const names = list ? readList(list.value) : [];
  const { general, problems: generalProblems } = readGeneralKnobs(byName);
  const problems: SiteProblem[] = [
    ...names.flatMap((name, at) => nameProblem(name, at, names, list!)),
    ...generalProblems,
    ...strayKnobs(byName, names, siteKnobNames),
  ];
  const sites: Site[] = [];
  for (const name of new Set(names)) {
    const site = readSite(name, byName, problems);
    if (!problems.some((problem) => problem.site === name)) sites.push(site);
  }
  const folder = byName.get(`${prefix}DIR`)?.value;
  return { sites, problems, folder, general };
}

function nameProblem(
  name: string,
  at: number,
  names: readonly string[],
  list: Knob,
): SiteProblem[] {
  const knob = describedKnob(list);
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    return [{
      site: name,
      knob,
      message: `${name} is not a name for a site`,
      remedy: "use letters, digits and _, with a letter in front",
    }];
  }
  const first = names.findIndex((other) =>
    other.toUpperCase() === name.toUpperCase()
  );
  if (first === at) return [];
  return [{
    site: name,
    knob,
    message: `${name} is named twice`,
    remedy: "name each site once; upper and lower case do not differ",
  }];
}

/** Fills a site. What is wrong goes into `problems`. */
function readSite(
  name: string,
  byName: ReadonlyMap<string, Knob>,
  problems: SiteProblem[],
): Site {
  const site: Record<string, unknown> = { name };
  for (const field of fields) {
    const { read, byDefault, example } = knobs[field];
    const fullName = `${prefix}${name.toUpperCase()}_${knobName(field)}`;
    const knob = byName.get(fullName);
    if (knob === undefined) {
      site[field] = byDefault;
      if (example !== undefined) {
        problems.push(missing(name, fullName, example));
      }
      continue;
    }
    try {
      site[field] = read(knob.value);
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      const { message, remedy } = error;
      problems.push({ site: name, knob: describedKnob(knob), message, remedy });
    }
  }
  const whole = site as unknown as Site;
  if (whole.files === "none" && whole.set?.length > 0) {
    problems.push({
      site: name,
      knob: describedKnob(byName.get(`${prefix}${name.toUpperCase()}_SET`)!),
      message: "it changes nothing, because FILES is none",
      remedy: "set FILES to stage or shared-fs, or remove SET",
    });
  }
  if (isSamePlace(whole.ship, whole.fetch)) {
    const knob = byName.get(`${prefix}${name.toUpperCase()}_FETCH`)!;
    problems.push({
      site: name,
      knob: describedKnob(knob),
      message: "the same place as SHIP, so what was sent would come back",
      remedy: "write another folder, into which the site puts its results",
    });
  }
  return whole;
}

/** A program can tell the two directions apart. */
function isSamePlace(ship?: Place, fetch?: Place): boolean {
  return ship !== undefined && ship.kind !== "command" &&
    JSON.stringify(ship) === JSON.stringify(fetch);
}

function missing(site: string, knob: string, example: string): SiteProblem {
  return {
    site,
    knob,
    message: "the knob is not set",
    remedy:
      `write, for example, ${knob} = ${example}, or take ${site} out of ` +
      `${prefix}SITES`,
  };
}
