import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { siteKnobHelp } from "../../../lib/lumberjack/site/knob_help.ts";
import {
  knobName,
  readSites,
  siteKnobNames,
} from "../../../lib/lumberjack/site/read_sites.ts";

const good: Readonly<Record<string, string>> = {
  SITES: "ALCF NERSC",
  ALCF_CONSTRAINT: 'DESIRED_Sites == "ALCF"',
  ALCF_REMOTE_SPOOL: "/lus/spool",
  ALCF_SHIP: "rsync:login.alcf.example:/lus/in",
  ALCF_FETCH: "rsync:login.alcf.example:/lus/out",
  NERSC_CONSTRAINT: 'LumberjackSite == "NERSC"',
  NERSC_REMOTE_SPOOL: "/pscratch/spool",
  NERSC_SHIP: "/global/in",
  NERSC_FETCH: "/global/out",
};

/**
 * Reads the good configuration with these changes. Undefined removes a knob.
 */
function read(changes: Readonly<Record<string, string | undefined>>) {
  const knobs = Object.entries({ ...good, ...changes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({
      name: `LUMBERJACK_${name}`,
      value: value!,
      place: "/etc/condor/config.d/50-lumberjack.conf, line 7",
    }));
  return readSites(knobs);
}

Deno.test("readSites() reads every knob, and uses defaults for knobs that are not set", () => {
  const { sites, problems } = read({
    ALCF_OWNERS: "alice, bob",
    ALCF_MAX_JOBS: "500",
    ALCF_MAX_BYTES: "2 TB",
    ALCF_MIN_JOBS: "32",
    ALCF_MAX_WAIT: "30m",
    ALCF_FILES: "Shared-FS",
    ALCF_PRESENT_THERE: "/cvmfs /soft/",
    ALCF_SET: 'Requirements = Arch == "X86_64"\n# a remark\nMy.Where = "ALCF"',
    ALCF_RETURN_BY: "3d",
    ALCF_ENABLED: "no",
    NERSC_SHIP: "command:/usr/local/bin/globus-ship --fast",
  });
  assertEquals(problems, []);
  assertEquals(sites, [
    {
      name: "ALCF",
      constraint: 'DESIRED_Sites == "ALCF"',
      owners: ["alice", "bob"],
      maxJobs: 500,
      maxBytes: 2 * 2 ** 40,
      minJobs: 32,
      maxWait: 1800,
      files: "shared-fs",
      presentThere: ["/cvmfs", "/soft"],
      set: [
        { name: "Requirements", value: 'Arch == "X86_64"' },
        { name: "Where", value: '"ALCF"' },
      ],
      remoteSpool: "/lus/spool",
      remoteExecutable: "lumberjack",
      ship: { kind: "rsync", host: "login.alcf.example", path: "/lus/in" },
      fetch: { kind: "rsync", host: "login.alcf.example", path: "/lus/out" },
      returnBy: 3 * 86_400,
      enabled: false,
    },
    {
      name: "NERSC",
      constraint: 'LumberjackSite == "NERSC"',
      owners: [],
      maxJobs: 10_000,
      maxBytes: 2 ** 40,
      minJobs: 1,
      maxWait: 3600,
      files: "stage",
      presentThere: [],
      set: [],
      remoteSpool: "/pscratch/spool",
      remoteExecutable: "lumberjack",
      ship: {
        kind: "command",
        argv: ["/usr/local/bin/globus-ship", "--fast"],
      },
      fetch: { kind: "folder", path: "/global/out" },
      returnBy: 7 * 86_400,
      enabled: true,
    },
  ]);
});

/** A wrong change, and parts of the message and remedy that it must lead to. */
type Wrong = readonly [
  changes: Readonly<Record<string, string | undefined>>,
  message: string,
  remedy: string,
];

const wrongValues: readonly Wrong[] = [
  [
    { ALCF_CONSTRAINT: undefined },
    "not set",
    "ALCF_CONSTRAINT = DESIRED_Sites ==",
  ],
  [{ ALCF_REMOTE_SPOOL: undefined }, "not set", "ALCF_REMOTE_SPOOL = /scratch"],
  [{ ALCF_SHIP: undefined }, "not set", "ALCF_SHIP = rsync:"],
  [{ ALCF_FETCH: undefined }, "not set", "ALCF_FETCH = rsync:"],
  [{ ALCF_CONSTRAINT: "" }, "not set", "ALCF_CONSTRAINT = DESIRED_Sites =="],
  [{ ALCF_CONSTRAINT: "Owner ==" }, "does not parse", "ClassAd expression"],
  [{ ALCF_CONSTRAINT: 'Owner = "a"' }, "does not parse", "ClassAd expression"],
  [{ ALCF_CONSTRAINT: "true" }, "the same for every job", "attribute"],
  [{ ALCF_CONSTRAINT: "1 < 2" }, "the same for every job", "attribute"],
  [{ ALCF_CONSTRAINT: "17" }, "is a number", "ClassAd expression"],
  [{ ALCF_CONSTRAINT: "[A = A ? 1 : A].A" }, "", ""],
  [{ ALCF_MAX_JOBS: "many" }, "not a number of jobs", "1000"],
  [{ ALCF_MAX_JOBS: "-5" }, "not a number of jobs", "1000"],
  [{ ALCF_MAX_JOBS: "1.5" }, "not a number of jobs", "1000"],
  [{ ALCF_MAX_JOBS: "1e9" }, "not a number of jobs", "1000"],
  [{ ALCF_MAX_JOBS: "99999999999999999999" }, "not a number of jobs", "1000"],
  [{ ALCF_MIN_JOBS: "ten" }, "not a number of jobs", "1000"],
  [{ ALCF_MAX_BYTES: "big" }, "not a size", "500 GB"],
  [{ ALCF_MAX_BYTES: "5 PB" }, "not a size", "500 GB"],
  [{ ALCF_MAX_BYTES: "-1" }, "not a size", "500 GB"],
  [{ ALCF_MAX_BYTES: "99999999 TB" }, "not a size", "500 GB"],
  [{ ALCF_MAX_WAIT: "soon" }, "not a time", "2h"],
  [{ ALCF_MAX_WAIT: "2 weeks" }, "not a time", "2h"],
  [{ ALCF_RETURN_BY: "tomorrow" }, "not a time", "7d"],
  [{ ALCF_RETURN_BY: "-1d" }, "not a time", "7d"],
  [{ ALCF_FILES: "yes" }, "not known", "stage, shared-fs, none"],
  [{ ALCF_FILES: "shared" }, "not known", "stage, shared-fs, none"],
  [{ ALCF_PRESENT_THERE: "cvmfs" }, "not an absolute path", "begins with /"],
  [{ ALCF_PRESENT_THERE: "/a/../b" }, "not an absolute path", "begins with /"],
  [{ ALCF_REMOTE_SPOOL: "spool" }, "not an absolute path", "begins with /"],
  [{ ALCF_REMOTE_SPOOL: "$(SPOOL" }, "not an absolute path", "begins with /"],
  [{ ALCF_REMOTE_SPOOL: "/a/./b" }, "not an absolute path", "begins with /"],
  [{ ALCF_SET: "Requirements" }, "not an assignment", "NAME = EXPRESSION"],
  [{ ALCF_SET: "A == 1" }, "not an assignment", "NAME = EXPRESSION"],
  [{ ALCF_SET: "A =?= 1" }, "not an assignment", "NAME = EXPRESSION"],
  [{ ALCF_SET: "1A = 1" }, "not an assignment", "NAME = EXPRESSION"],
  [{ ALCF_SET: "A = " }, "does not parse", "ClassAd expression"],
  [{ ALCF_SET: "A = b c" }, "does not parse", "quotes"],
  [{ ALCF_SET: "A = 1\nB = (" }, "does not parse", "quotes"],
  [{ ALCF_SHIP: "login:/lus" }, "not a place", "rsync:HOST:/path"],
  [{ ALCF_SHIP: "ftp://host/x" }, "not a place", "rsync:HOST:/path"],
  [{ ALCF_SHIP: "rsync:host" }, "not a place", "rsync:HOST:/path"],
  [{ ALCF_SHIP: "rsync:-e:/x" }, "not a place", "rsync:HOST:/path"],
  [{ ALCF_SHIP: "rsync:host:rel" }, "not an absolute path", "begins with /"],
  [{ ALCF_SHIP: "command:" }, "not a place", "command:/path"],
  [{ ALCF_SHIP: "command:ship" }, "not an absolute path", "begins with /"],
  [{ ALCF_SHIP: "/a/../b" }, "not an absolute path", "begins with /"],
  [{ ALCF_FETCH: "out" }, "not a place", "folder (/path)"],
  [{ ALCF_FETCH: good.ALCF_SHIP }, "the same place as SHIP", "another folder"],
  [
    { ALCF_FETCH: "/x/y/", ALCF_SHIP: "/x/y" },
    "the same place as SHIP",
    "another folder",
  ],
  [{ ALCF_ENABLED: "maybe" }, "neither true nor false", "True or False"],
  [{ ALCF_ENABLED: "2" }, "neither true nor false", "True or False"],
  [{ ALCF_MAX_JOB: "5" }, "no knob of a site", "LUMBERJACK_ALCF_MAX_JOBS"],
  [{ ALCF_CONSTRAIN: "x" }, "no knob of a site", "LUMBERJACK_ALCF_CONSTRAINT"],
  [{ ALCF_OWNER: "bob" }, "no knob of a site", "LUMBERJACK_ALCF_OWNERS"],
  [{ ALCF_RETURNBY: "5d" }, "no knob of a site", "LUMBERJACK_ALCF_RETURN_BY"],
];

Deno.test("readSites() ignores a site with a wrong value, but no other site", () => {
  for (const [changes, message, remedy] of wrongValues) {
    const [[name, value]] = Object.entries(changes);
    const { sites, problems } = read(changes);
    const about = `${name} = ${value}`;
    assertEquals(sites.map(({ name }) => name), ["NERSC"], about);
    assertEquals(problems.map(({ site }) => site), ["ALCF"], about);
    const [problem] = problems;
    assertStringIncludes(problem.knob, `LUMBERJACK_${name}`);
    if (value) {
      assertStringIncludes(problem.knob, value.split("\n")[0]);
      assertStringIncludes(problem.knob, "50-lumberjack.conf, line 7");
    }
    assertStringIncludes(problem.message, message, about);
    assertStringIncludes(problem.remedy, remedy, about);
  }
});

Deno.test("readSites() reports wrong lists of sites, and knobs that belong to no site", () => {
  const cases: readonly Wrong[] = [
    [{ SITES: "ALCF NERSC alcf" }, "named twice", "once"],
    [{ SITES: "ALCF NERSC 9th" }, "not a name for a site", "a letter in front"],
    [{ SITES: "ALCF NERSC a-b" }, "not a name for a site", "letters, digits"],
    [{ SITES: "ALCF NERSC OLCF" }, "not set", "LUMBERJACK_SITES"],
    [{ SITE: "ALCF" }, "no knob of Lumberjack", "write LUMBERJACK_SITES"],
    [{ ARG: "cron" }, "no knob of Lumberjack", "write LUMBERJACK_ARGS"],
    [{ DIR: "lumberjack" }, "not an absolute path", "begins with /"],
    [{ LOG: "log" }, "not an absolute path", "begins with /"],
    [{ METRICS: "x.prom" }, "not an absolute path", "begins with /"],
    [{ OLCF_MAX_JOBS: "5" }, "not in LUMBERJACK_SITES", "add OLCF to"],
  ];
  for (const [changes, message, remedy] of cases) {
    const { sites, problems } = read(changes);
    const about = JSON.stringify(changes);
    assertEquals(sites.map(({ name }) => name), ["ALCF", "NERSC"], about);
    assert(problems.length > 0, about);
    assertStringIncludes(problems[0].message, message);
    assertStringIncludes(problems[0].remedy, remedy);
  }
  assertEquals(readSites([]), {
    sites: [],
    problems: [],
    folder: undefined,
    general: {},
  });
});

Deno.test("readSites() gives a knob to the site with the longest name", () => {
  const { sites, problems } = read({
    SITES: "ALCF NERSC NERSC_GPU",
    NERSC_GPU_CONSTRAINT: "RequestGPUs > 0",
    NERSC_GPU_REMOTE_SPOOL: "/gpu/spool",
    NERSC_GPU_SHIP: "/gpu/in",
    NERSC_GPU_FETCH: "/gpu/out",
  });
  assertEquals(problems, []);
  assertEquals(sites.map(({ name }) => name), ["ALCF", "NERSC", "NERSC_GPU"]);
});

Deno.test("docs/automation.md has every knob of a site, with the same text as the help, and no other knob", () => {
  const text = Deno.readTextFileSync("docs/automation.md");
  const table = text.slice(text.indexOf("## Which knobs are there?"));
  const rows = [...table.matchAll(/^\| `([A-Z_]+)` *\| (.*?) *\| (.*?) *\|$/gm)]
    .map(([, name, meaning, ifNotSet]) => [name, meaning, ifNotSet]);
  const help = Object.entries(siteKnobHelp)
    .map(([field, help]) => [knobName(field), help.meaning, help.ifNotSet]);
  assertEquals(rows, help);
  assertEquals(rows.map(([name]) => name), [...siteKnobNames]);
});
