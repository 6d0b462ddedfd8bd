import { type Knob, readKnobs } from "../../condor/knob_dump.ts";
import {
  readAssignments,
  readBoolean,
  readConstraint,
  readCount,
  readList,
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
}

const knobs: {
  readonly [Field in keyof Omit<Site, "name">]: SiteKnob<Site[Field]>;
} = {
  constraint: { read: readConstraint, byDefault: undefined },
  owners: { read: readList, byDefault: [] },
  maxJobs: { read: readCount, byDefault: 10_000 },
  maxBytes: { read: readSize, byDefault: 2 ** 40 },
  minJobs: { read: readCount, byDefault: 1 },
  maxWait: { read: readTime, byDefault: 3600 },
  files: { read: (text) => readWord(text, fileModes), byDefault: "stage" },
  presentThere: { read: readPaths, byDefault: [] },
  set: { read: readAssignments, byDefault: [] },
  remoteSpool: { read: readPath, byDefault: undefined },
  remoteExecutable: { read: readProgram, byDefault: "lumberjack" },
  ship: { read: readPlace, byDefault: undefined },
  fetch: { read: readPlace, byDefault: undefined },
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

/** The knobs of Lumberjack that belong to no site. */
const generalKnobs = ["SITES", "DIR", "LOG", "METRICS"];

/** Knobs of condor_master about a daemon that is called LUMBERJACK. */
const masterKnobs = ["ARGS", "ENVIRONMENT", "USERID", "DEBUG", "ADDRESS_FILE"];

function isGeneral(name: string): boolean {
  return name.startsWith(prefix) &&
      generalKnobs.includes(name.slice(prefix.length)) ||
    /^MAX_(NUM_)?LUMBERJACK_LOG$/.test(name);
}

/** Reads the sites from HTCondor's configuration. */
export async function loadSites(): Promise<Sites> {
  return readSites(await readKnobs(prefix));
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
  const problems: SiteProblem[] = [
    ...names.flatMap((name, at) => nameProblem(name, at, names, list!)),
    ...strayKnobs(byName, names),
  ];
  const sites: Site[] = [];
  for (const name of new Set(names)) {
    const site = readSite(name, byName, problems);
    if (!problems.some((problem) => problem.site === name)) sites.push(site);
  }
  const folder = byName.get(`${prefix}DIR`)?.value;
  const general = Object.fromEntries(
    [...byName].filter(([name]) => isGeneral(name))
      .map(([name, { value }]) => [name, value]),
  );
  return { sites, problems, folder, general };
}

function nameProblem(
  name: string,
  at: number,
  names: readonly string[],
  list: Knob,
): SiteProblem[] {
  const knob = described(list);
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
    const { read, byDefault } = knobs[field];
    const fullName = `${prefix}${name.toUpperCase()}_${knobName(field)}`;
    const knob = byName.get(fullName);
    if (knob === undefined) {
      site[field] = byDefault;
      if (byDefault === undefined) problems.push(missing(name, fullName));
      continue;
    }
    try {
      site[field] = read(knob.value);
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      const { message, remedy } = error;
      problems.push({ site: name, knob: described(knob), message, remedy });
    }
  }
  const whole = site as unknown as Site;
  if (isSamePlace(whole.ship, whole.fetch)) {
    const knob = byName.get(`${prefix}${name.toUpperCase()}_FETCH`)!;
    problems.push({
      site: name,
      knob: described(knob),
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

function missing(site: string, knob: string): SiteProblem {
  return {
    site,
    knob,
    message: "the knob is not set",
    remedy: `set it, or take ${site} out of ${prefix}SITES`,
  };
}

/** Finds knobs that belong to a site and that no site has, or to no site. */
function strayKnobs(
  byName: ReadonlyMap<string, Knob>,
  names: readonly string[],
): SiteProblem[] {
  const problems: SiteProblem[] = [];
  for (const [fullName, knob] of byName) {
    if (!fullName.startsWith(prefix)) continue;
    const rest = fullName.slice(prefix.length);
    if ([...generalKnobs, ...masterKnobs].includes(rest)) continue;
    // With the sites A and A_B, LUMBERJACK_A_B_SET is a knob of A_B.
    const site = names
      .filter((name) => rest.startsWith(`${name.toUpperCase()}_`))
      .sort((a, b) => b.length - a.length)[0];
    const field = site === undefined ? rest : rest.slice(site.length + 1);
    if (site !== undefined && siteKnobNames.includes(field)) continue;
    problems.push(strayKnob(site, field, knob));
  }
  return problems;
}

function strayKnob(
  site: string | undefined,
  field: string,
  knob: Knob,
): SiteProblem {
  if (site === undefined) {
    const isOfSite = siteKnobNames.some((name) => field.endsWith(`_${name}`));
    return {
      site,
      knob: described(knob),
      message: isOfSite
        ? "the knob of a site that is not in LUMBERJACK_SITES"
        : "no knob of Lumberjack has this name",
      remedy: isOfSite
        ? "add the site to LUMBERJACK_SITES, or remove the knob"
        : `write ${nearest(field, generalKnobs)}, or remove it`,
    };
  }
  const name = nearest(field, siteKnobNames);
  return {
    site,
    knob: described(knob),
    message: "no knob of a site has this name",
    remedy: `did you mean ${prefix}${site.toUpperCase()}_${name}?`,
  };
}

function described({ name, value, place }: Knob): string {
  const [line, ...more] = value.split("\n");
  return `${name} = ${line}${more.length > 0 ? " ..." : ""} (${place})`;
}

/** Returns the word that takes the fewest edits to get to. */
function nearest(word: string, words: readonly string[]): string {
  return [...words].sort((a, b) => distance(word, a) - distance(word, b))[0];
}

/** The Levenshtein distance of two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
