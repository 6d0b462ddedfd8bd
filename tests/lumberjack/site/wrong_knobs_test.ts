import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  knobName,
  readSites,
  siteKnobNames,
  type Sites,
} from "../../../lib/lumberjack/site/read_sites.ts";
import type { Site, SiteProblem } from "../../../lib/lumberjack/site/site.ts";

const required: Readonly<Record<string, string>> = {
  CONSTRAINT: 'DESIRED_Sites == "X"',
  REMOTE_SPOOL: "/spool",
  SHIP: "/in",
  FETCH: "/out",
};

const place = "/etc/condor/config.d/50-lumberjack.conf, line 7";

/** Reads two good sites, A and B, and these further knobs, by their full names. */
function read(
  knobs: Readonly<Record<string, string | undefined>>,
): Sites {
  const all: Record<string, string | undefined> = {
    LUMBERJACK_SITES: "A B",
  };
  for (const site of ["A", "B"]) {
    for (const [name, value] of Object.entries(required)) {
      all[`LUMBERJACK_${site}_${name}`] = value;
    }
  }
  return readSites(
    Object.entries({ ...all, ...knobs }).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value, place }]
    ),
  );
}

function text({ knob, message, remedy }: SiteProblem): string {
  return `${knob}: ${message}: ${remedy}`;
}

/**
 * For each knob: values of another type, and what the message proposes instead,
 * which has to be right.
 */
const ofWrongType: {
  readonly [Field in keyof Omit<Site, "name">]: {
    readonly values: readonly string[];
    readonly proposal: string;
  };
} = {
  constraint: {
    values: ["17", '"ALCF"', "true", "[a = 1]", "5 GB", "/a/path", "= x"],
    proposal: 'DESIRED_Sites == "ALCF"',
  },
  owners: {
    values: ['"alice"', 'Owner == "alice"', "alice@example.org", "1000", "/a"],
    proposal: "alice bob",
  },
  maxJobs: {
    values: ["many", "True", "5 GB", "1.5", "1,000", "-1"],
    proposal: "1000",
  },
  maxBytes: {
    values: ["big", "True", "2h", "5 PB", "-1", "1,000"],
    proposal: "500 GB",
  },
  minJobs: { values: ["ten", "True", "2h", "-1"], proposal: "1000" },
  maxWait: { values: ["soon", "True", "5 GB", "-1", "1:30"], proposal: "2h" },
  files: { values: ["yes", "True", "5", "stage, none"], proposal: "stage" },
  presentThere: {
    values: ["cvmfs", "True", "5", '"/cvmfs"'],
    proposal: "/scratch/lumberjack",
  },
  set: {
    values: ["5", "True", "/a/path", "Requirements", "A == 1", "[A = 1]"],
    proposal: "RequestMemory = 4096",
  },
  remoteSpool: {
    values: ["spool", "True", "5", "host:/spool", '"/spool"'],
    proposal: "/scratch/lumberjack",
  },
  remoteExecutable: {
    values: ["bin/lumberjack", "-x", '"lumberjack"', "a b", "host:/x"],
    proposal: "lumberjack",
  },
  ship: {
    values: ["in", "True", "5", "host:/in", "https://host/in", '"/in"'],
    proposal: "rsync:HOST:/path",
  },
  fetch: {
    values: ["out", "True", "5", "host:/out", "s3://bucket/out"],
    proposal: "rsync:HOST:/path",
  },
  returnBy: { values: ["never", "True", "5 GB", "-1d"], proposal: "7d" },
  enabled: { values: ["2", "maybe", '"True"', "on off"], proposal: "True" },
};

Deno.test("a value of a wrong type: the message names knob, value, file and line, and proposes a value that is right", () => {
  let cases = 0;
  for (const [field, { values, proposal }] of Object.entries(ofWrongType)) {
    const name = `LUMBERJACK_A_${knobName(field)}`;
    for (const value of values) {
      const { sites, problems } = read({ [name]: value });
      const about = `${name} = ${value}`;
      assertEquals(sites.map(({ name }) => name), ["B"], about);
      assertEquals(problems.map(({ site }) => site), ["A"], about);
      const said = text(problems[0]);
      assert(said.startsWith(`${name} = ${value} (${place}): `), said);
      assertStringIncludes(said, proposal, about);
      cases++;
    }
    assertEquals(read({ [name]: proposal }).problems, [], name);
  }
  assertEquals(Object.keys(ofWrongType).map(knobName), [...siteKnobNames]);
  assert(cases >= 60, String(cases));
});

Deno.test("a missing knob: the message names it and shows a line that can be written", () => {
  for (const name of Object.keys(required)) {
    const full = `LUMBERJACK_A_${name}`;
    for (const value of [undefined, ""]) {
      const { sites, problems } = read({ [full]: value });
      assertEquals(sites.map(({ name }) => name), ["B"], full);
      assertEquals(problems.length, 1);
      assertStringIncludes(text(problems[0]), `${full}: the knob is not set: `);
      const example = /write, for example, (\w+) = (.*), or take A out of/.exec(
        problems[0].remedy,
      );
      assertEquals(example?.[1], full);
      assertEquals(read({ [full]: example![2] }).problems, []);
    }
  }
});

/** Returns how a name is written with one slip of a finger, in every way. */
function slips(name: string): Set<string> {
  const slips = new Set<string>();
  for (let at = 0; at < name.length; at++) {
    const [before, letter, after] = [
      name.slice(0, at),
      name[at],
      name.slice(at + 1),
    ];
    slips.add(before + after);
    slips.add(before + letter + letter + after);
    if (after !== "") slips.add(before + after[0] + letter + after.slice(1));
  }
  slips.delete(name);
  return slips;
}

Deno.test("a misspelt knob: the message names it and its value, and the right name; a site of which it may be is not in force", () => {
  let cases = 0;
  for (const name of siteKnobNames) {
    for (const slip of slips(name)) {
      const full = `LUMBERJACK_A_${slip}`;
      // LUMBERJACK_A__SET, for example, may not be a name at all.
      const { sites, problems } = read({ [full]: "5" });
      const said = problems.map(text).join("\n");
      assertStringIncludes(said, `${full} = 5 (${place}): no knob of a site`);
      assertStringIncludes(said, `did you mean LUMBERJACK_A_${name}?`);
      assertEquals(sites.map(({ name }) => name), ["B"], full);
      cases++;
    }
  }
  assert(cases > 200, String(cases));
});

Deno.test("knobs that contradict each other: the message names one with its value, and says what to write", () => {
  const cases: readonly [Readonly<Record<string, string>>, string, string][] = [
    [
      { LUMBERJACK_A_FILES: "none", LUMBERJACK_A_SET: "RequestMemory = 1" },
      "LUMBERJACK_A_SET = RequestMemory = 1",
      "set FILES to stage or shared-fs",
    ],
    [
      { LUMBERJACK_A_SHIP: "/x", LUMBERJACK_A_FETCH: "/x" },
      "LUMBERJACK_A_FETCH = /x",
      "write another folder",
    ],
  ];
  for (const [knobs, named, remedy] of cases) {
    const { sites, problems } = read(knobs);
    assertEquals(sites.map(({ name }) => name), ["B"]);
    assertEquals(problems.length, 1);
    assert(text(problems[0]).startsWith(`${named} (${place}): `));
    assertStringIncludes(problems[0].remedy, remedy);
  }
});

Deno.test("a misspelt site, and a misspelt prefix", () => {
  const cases: readonly [name: string, meant: string][] = [
    ["LUMBERJACK_NERCS_MAX_JOBS", "LUMBERJACK_NERSC_MAX_JOBS"],
    ["LUMBERJAK_NERSC_MAX_JOBS", "LUMBERJACK_NERSC_MAX_JOBS"],
    ["LUMBERJACKS_NERSC_MAX_JOBS", "LUMBERJACK_NERSC_MAX_JOBS"],
    ["LUMBERJACK_SIETS", "LUMBERJACK_SITES"],
    ["LUMBERJACK_DIRS", "LUMBERJACK_DIR"],
    ["LUMBERJACK_METRIC", "LUMBERJACK_METRICS"],
    ["LUMBERJACK_ARG", "LUMBERJACK_ARGS"],
  ];
  const nersc = Object.fromEntries(
    Object.entries(required).map((
      [name, value],
    ) => [`LUMBERJACK_NERSC_${name}`, value]),
  );
  for (const [name, meant] of cases) {
    const { sites, problems } = read({
      ...{ LUMBERJACK_SITES: "A B NERSC", [name]: "/x" },
      ...nersc,
    });
    assertEquals(sites.length, 3, name);
    assertEquals(problems.length, 1, name);
    assertStringIncludes(text(problems[0]), `${name} = /x (${place}): `);
    assertStringIncludes(text(problems[0]), meant);
  }
  // A knob of another program.
  assertEquals(read({ LUMBERYARD_SIZE: "5" }).problems, []);
});

Deno.test("knobs of no site that are wrong count as not set, and every site goes on", () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    LUMBERJACK_LOG: ["log/LumberjackLog", "begins with /"],
    LUMBERJACK_METRICS: ["True", "begins with /"],
    LUMBERJACK_DIR: ["lumberjack", "begins with /"],
    MAX_LUMBERJACK_LOG: ["big", "500 GB"],
    MAX_NUM_LUMBERJACK_LOG: ["-1", "1000"],
  };
  for (const [name, [value, proposal]] of Object.entries(cases)) {
    const { sites, problems, general } = read({ [name]: value });
    assertEquals([sites.length, problems.length], [2, 1], name);
    assert(text(problems[0]).startsWith(`${name} = ${value} (${place}): `));
    assertStringIncludes(problems[0].remedy, proposal);
    assertEquals(general[name], undefined);
  }
});
