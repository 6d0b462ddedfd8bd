import { assert, assertEquals, assertMatch } from "@std/assert";
import { describeError } from "../../lib/commands/describe_error.ts";
import { verbs } from "../../lib/commands/verbs.ts";
import { readManifest } from "../../lib/lumberjack/export_dir/manifest.ts";
import {
  adsOf,
  Folder,
  markPlanned,
  queueLog,
} from "../lumberjack/queue_fixture.ts";
import { lumberjack } from "./command_line.ts";

/**
 * Writes a queue with two jobs that may run at T3_US_ANL, another idle job, and
 * a running job.
 */
function site(folder: Folder): string {
  return folder.write(
    "queue.log",
    queueLog([
      {
        cluster: 1,
        attributes: {
          DESIRED_Sites: '"T3_US_ANL,T2_US_X"',
          x509UserProxyVOName: '"CMS"',
        },
        procs: [{}, {}],
      },
      { cluster: 2, procs: [{}] },
      { cluster: 3, procs: [{ JobStatus: "2" }] },
    ]),
  );
}

Deno.test("every verb has help with flags and an example that begins with its name", async () => {
  for (const verb of verbs) {
    const { status, out } = await lumberjack(...verb.name.split(" "), "--help");
    assertEquals(status, 0, verb.name);
    assert(out.startsWith(`lumberjack ${verb.name}: `), out);
    const { examples } = await verb.load();
    assert(examples.length > 0, verb.name);
    for (const { line } of examples) {
      assert(line.includes(`lumberjack ${verb.name}`), line);
    }
  }
});

Deno.test("the prototype's export command line works word for word", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const out = folder.mkdir("out");
  const { status } = await lumberjack(
    "--export",
    "-jobconstraint",
    'stringListIMember("T3_US_ANL",DESIRED_Sites) && stringListIMember("cms",x509UserProxyVOName)',
    "-out",
    out,
    "-remotespool",
    "/projects/HighLumin/uscms/spool",
    "--queue",
    queue,
  );
  assertEquals(status, 0);
  assertEquals(Object.keys(adsOf(`${out}/job_queue.log`)), [
    "0.0",
    "01.-1",
    "1.0",
    "1.1",
  ]);
  assertEquals(adsOf(`${queue}.lumberjack`)["1.0"].Managed, '"External"');
});

Deno.test("the prototype's import command line takes the folder or the log", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const out = folder.mkdir("out");
  await lumberjack(
    ...["--export", "-ids", "1", "2", "-out", out],
    ...["-remotespool", "/spool", "--queue", queue],
  );
  for (const path of [out, `${out}/job_queue.log`]) {
    const { status, out: text } = await lumberjack(
      ...["--import", "-in", path, "--queue", `${queue}.lumberjack`],
    );
    assertEquals(status, 0);
    assertMatch(text, /merged 3 of 3 jobs/);
  }
});

Deno.test("export exits with 3 if nothing matches, and with 4 if a job is left out", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const common = [
    ...["--out", folder.mkdir("out"), "--remote-spool", "/s"],
    ...["--queue", queue, "--dry-run"],
  ];
  const status = async (...words: string[]) =>
    (await lumberjack("export", ...words, ...common)).status;
  assertEquals(await status("--constraint", "JobStatus == 5"), 3);
  assertEquals(await status("--ids", "99"), 3);
  assertEquals(await status("--constraint", "true"), 4);
  assertEquals(await status("--ids", "1", "99"), 4);
  assertEquals(await status("--ids", "3"), 4);
  assertEquals(await status("--ids", "1.1"), 0);
});

Deno.test("a wrong command line exits with 2 and one line that says what to do", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const common = [
    "--out",
    folder.path,
    "--remote-spool",
    "/s",
    "--queue",
    queue,
  ];
  const wrong: [words: string[], says: RegExp][] = [
    [["fell"], /unknown verb: fell: lumberjack --help lists/],
    [["exprot"], /unknown verb: exprot: did you mean lumberjack export\?/],
    [
      ["log", "shwo"],
      /unknown verb: log shwo: did you mean lumberjack log show/,
    ],
    [["log", "fell"], /unknown verb: log fell: lumberjack log --help lists/],
    [["--verison"], /unknown flag or verb: --verison/],
    [["remote"], /incomplete verb: remote: write remote and one of adopt, run/],
    [["help", "fell"], /unknown verb: fell: /],
    [
      ["export", ...common, "--constriant", "true"],
      /did you mean --constraint/,
    ],
    [["status", "--wrong"], /unknown flag: --wrong: lumberjack VERB --help/],
    [["export", ...common], /no jobs were named/],
    [["export", "--constraint"], /flag wants a value: --constraint/],
    [["export", "--constrain", "true", ...common], /did you mean --constraint/],
    [["export", "--constraint", "Owner ==", ...common], /does not parse/],
    [["export", "--constraint", "", ...common], /does not parse/],
    [["export", "--constraint", "12", ...common], /name jobs with --ids 12/],
    [["export", "--ids", "1.x", ...common], /not a job ID: 1.x/],
    [["export", "--ids", "0", ...common], /not a job ID: 0/],
    [["export", "--constraint", "true", "stray", ...common], /unexpected/],
    [
      ["export", "--constraint", "true", "--queue", queue],
      /flag is missing: --out: write --out DIR/,
    ],
    [["import", "--queue", queue], /flag is missing: --in: write --in PATH/],
    [["unexport", "--queue", queue], /name the jobs in one way/],
    [["status", "--queue", queue, "--name", "x"], /either a file or a schedd/],
    [["unexport", "--ids", "1", "--queue-out", "x"], /goes with --queue/],
    [["import", "--in", "--json"], /--in --json: write .* --in=--json/],
    [["export", "--owner", "--ids", "1", ...common], /wants a value: --owner/],
    [["status", "--schedd-constraint", "Name ="], /schedds does not parse/],
    [["doctor", "--schedd-constraint", "Name ="], /schedds does not parse/],
    [["unexport", "--export-id", "7"], /not an export id: 7/],
    [
      ["export", "--ids", "1", "--out", folder.path, "--remote-spool", "s"],
      /not an absolute path: s/,
    ],
  ];
  for (const [words, says] of wrong) {
    const { status, out, err } = await lumberjack(...words);
    assertEquals([status, out], [2, ""], words.join(" "));
    assertMatch(err, says);
    assertMatch(err, /^lumberjack: [^\n]*\n$/);
  }
  assertEquals(folder.list(), ["queue.log"]);
});

Deno.test("--help and the verb help print the help of the program, a group of verbs or a verb", async () => {
  const whole = await lumberjack("--help");
  assertEquals(await lumberjack("help"), whole);
  const family = await lumberjack("log", "--help");
  assertEquals([family.status, family.err], [0, ""]);
  assertMatch(family.out, /^ {2}log show /m);
  assertEquals(/^ {2}export /m.test(family.out), false);
  assertEquals(await lumberjack("help", "log"), family);
  const verb = await lumberjack("log", "show", "--help");
  assertEquals(await lumberjack("help", "log", "show"), verb);
  assertEquals((await lumberjack("help", "fell")).status, 2);
});

Deno.test("a flag's value can begin with a dash, and can be a flag's name after an equals sign", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const negative = await lumberjack(
    ...["export", "--constraint", "-1 < ClusterId", "--dry-run", "--out"],
    ...[folder.path, "--remote-spool", "/s", "--queue", queue],
  );
  assertEquals(negative.status, 4);
  const named = await lumberjack("import", "--in=--json", "--queue", queue);
  assertMatch(named.err, /no such file or folder: --json/);
});

Deno.test("recover and status say that no job of an export is away", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const id = "20260801T120000Z-0badcafe";
  for (const verb of ["recover", "status"]) {
    const { status } = await lumberjack(
      ...[verb, "--export-id", id, "--queue", queue],
    );
    assertEquals(status, 3, verb);
  }
  const { out } = await lumberjack(
    ...["recover", "--export-id", id, "--queue", queue],
  );
  assertEquals(out, `no job of ${id} is away\n`);
  assertEquals((await lumberjack("recover", "--queue", queue)).status, 0);
});

Deno.test("import says what to do if the returned folder has no log, or the log no jobs", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const none = await lumberjack(
    ...["import", "--in", folder.mkdir("spool"), "--queue", queue],
  );
  assertEquals(none.status, 1);
  assertMatch(none.err, /job_queue\.log: name the returned SPOOL/);
  const log = folder.write("none.log", "107 1 CreationTimestamp 1\n");
  const empty = await lumberjack("import", "--in", log, "--queue", queue);
  assertEquals(empty.status, 3);
  assertMatch(empty.err, /the returned log has no jobs/);
});

Deno.test("import says that the jobs of a returned log are not in this queue", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const out = folder.mkdir("out");
  await lumberjack(
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", "/s", "--queue", queue],
  );
  const other = folder.write(
    "other.log",
    queueLog([{ cluster: 9, procs: [{}] }]),
  );
  const line = ["import", "--in", out, "--queue", other, "--dry-run"];
  const { status, out: said, err } = await lumberjack(...line);
  assertEquals(status, 0);
  assertMatch(said, /^3 are not in this queue$/m);
  assertEquals(/home/.test(said), false);
  assertMatch(err, /left another schedd/);
  const { home, gone } = JSON.parse((await lumberjack(...line, "--json")).out);
  assertEquals({ home, gone }, { home: 3, gone: 3 });
});

Deno.test("with --queue, verbs say what to do with the new queue, and warn if a schedd uses it", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const after = folder.join("after.log");
  const place = `in ${after}: put it in the place of ${queue} before`;
  const out = folder.mkdir("out");
  const line = ["--queue", queue, "--queue-out", after];
  const exported = await lumberjack(
    ...["export", "--ids", "1", "--out", out, "--remote-spool", "/s", ...line],
  );
  assert(exported.err.includes(place), exported.err);
  assertEquals(exported.err.includes("schedd_address"), false);
  folder.write(".schedd_address", "<127.0.0.1:9618>\n");
  const taken = await lumberjack(
    ...["unexport", "--ids", "1", "--queue", after],
  );
  assertEquals(taken.out, "unlocked 2 jobs\n");
  assertMatch(taken.err, /the exported log holds them still/);
  assertMatch(taken.err, /warning: by .*\.schedd_address a schedd runs/);
});

Deno.test("recover exits with 4 if it could not recover one of several exports", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const [one, two, three] = ["one.log", "two.log", "three.log"].map((name) =>
    folder.join(name)
  );
  const go = (id: string, from: string, to: string) =>
    lumberjack(
      ...["export", "--ids", id, "--out", folder.mkdir(`out${id}`)],
      ...["--remote-spool", "/s", "--queue", from, "--queue-out", to],
    );
  await go("1", queue, one);
  await go("2", one, two);
  folder.write("out1/manifest.json", "{");
  Deno.removeSync(folder.join("out2/job_queue.log"));
  const manifest = folder.join("out2/manifest.json");
  Deno.writeTextFileSync(
    manifest,
    Deno.readTextFileSync(manifest).replace('"written"', '"planned"')
      .replace(/"sha256": "[0-9a-f]*"/, '"sha256": null'),
  );
  const line = ["recover", "--queue", two, "--queue-out", three];
  const { exportId } = readManifest(folder.join("out2"))!;
  const undecided = await lumberjack(...line, "--export-id", exportId);
  assertEquals(undecided.status, 4);
  assertMatch(undecided.out, /out2\) needs a decision: /);
  assertMatch(
    undecided.out,
    new RegExp(`lumberjack recover --export-id ${exportId} --write-again`),
  );
  assertMatch(
    undecided.out,
    new RegExp(`lumberjack unexport --export-id ${exportId}`),
  );
  assertEquals((await lumberjack(...line, "--write-again")).status, 2);
  markPlanned(two, "2.0", exportId);
  const dry = await lumberjack(...line, "--dry-run");
  assertEquals(dry.status, 4);
  assertMatch(dry.out, /out2\) was interrupted: its log would be written/);
  const { status, out } = await lumberjack(...line, "--json");
  assertEquals(status, 4);
  const [damaged, written] = JSON.parse(out).exports;
  assertEquals([damaged.action, written.action], ["failed", "written"]);
  assertMatch(damaged.problem, /^damaged manifest \(not JSON\): .*out1/);
  assertEquals((await lumberjack(...line)).status, 4);
  folder.write("out2/manifest.json", "{");
  const { status: all, err } = await lumberjack(...line);
  assertEquals(all, 1);
  assertMatch(err, /^lumberjack: damaged manifest/);
});

Deno.test("verbs do not wait for a pipe in the place of a log or a manifest", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const after = folder.join("after.log");
  const out = folder.mkdir("out");
  await lumberjack(
    ...["export", "--ids", "1", "--out", out, "--remote-spool", "/s"],
    ...["--queue", queue, "--queue-out", after],
  );
  Deno.removeSync(`${out}/manifest.json`);
  for (const pipe of [folder.join("pipe"), `${out}/manifest.json`]) {
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
  }
  // Run a child process with a time limit, because waiting for a pipe never
  // ends.
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  const run = async (...words: string[]) => {
    const child = new Deno.Command("timeout", {
      args: ["20", Deno.execPath(), "run", "--quiet", "-A", cli, ...words],
    });
    const { code, stderr } = await child.output();
    return { code, err: new TextDecoder().decode(stderr) };
  };
  const [log, manifest] = await Promise.all([
    run("import", "--in", folder.join("pipe"), "--queue", after, "--dry-run"),
    run("recover", "--queue", after, "--dry-run"),
  ]);
  assertEquals([log.code, manifest.code], [1, 1]);
  assertMatch(log.err, /not a file/);
  assertMatch(manifest.err, /damaged manifest \(not a file\)/);
});

Deno.test("export from a bad file exits with 1 and leaves nothing behind", async () => {
  using folder = new Folder();
  site(folder);
  folder.write("damaged.log", "107 1 CreationTimestamp 1\nfoo\n105 \n106 \n");
  folder.write("empty.log", "");
  const out = folder.mkdir("out");
  const before = folder.list();
  const wrong: [queue: string, out: string, says: RegExp][] = [
    ["none.log", out, /none\.log/],
    ["out", out, /not a file/],
    ["damaged.log", out, /damaged\.log/],
    ["queue.log", folder.join("none"), /does not exist/],
    ["queue.log", folder.join("queue.log"), /not a directory/],
  ];
  for (const [queue, out, says] of wrong) {
    const { status, err } = await lumberjack(
      ...["export", "--constraint", "true", "--out", out],
      ...["--remote-spool", "/s", "--queue", folder.join(queue)],
    );
    assertEquals(status, 1, err);
    assertMatch(err, says);
    assertMatch(err, /^lumberjack: [^\n]*\n$/);
  }
  assertEquals(folder.list(), before);
});

Deno.test("an export that fails removes the owners' folders that it made", async () => {
  using folder = new Folder();
  const queue = folder.write(
    "queue.log",
    queueLog([
      { cluster: 1, attributes: { Owner: '"alice"' }, procs: [{}] },
      { cluster: 2, attributes: { Owner: '"bob"' }, procs: [{}] },
    ]),
  );
  const out = folder.mkdir("out");
  Deno.writeTextFileSync(`${out}/bob`, "no folder");
  const { status, err } = await lumberjack(
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", "/s", "--queue", queue],
  );
  assertEquals(status, 1);
  assertMatch(err, /not a directory: .*bob/);
  assertEquals([...Deno.readDirSync(out)].map(({ name }) => name), ["bob"]);
});

Deno.test("an empty queue log has no job to export", async () => {
  using folder = new Folder();
  const queue = folder.write("empty.log", "");
  const { status } = await lumberjack(
    ...["export", "--constraint", "true", "--out", folder.mkdir("out")],
    ...["--remote-spool", "/s", "--queue", queue],
  );
  assertEquals(status, 3);
});

Deno.test("export says that a constraint evaluates to error", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const { status, err } = await lumberjack(
    ...["export", "--constraint", "ClusterId && Owner", "--out"],
    ...[folder.mkdir("out"), "--remote-spool", "/s", "--queue", queue],
  );
  assertEquals(status, 3);
  assertMatch(err, /evaluated to error for 4 jobs/);
});

Deno.test("if a constraint names an attribute that no job has, export says which", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const said = async (constraint: string, file = queue) =>
    (await lumberjack(
      ...["export", "--constraint", constraint, "--queue", file, "--out"],
      ...[folder.path, "--remote-spool", "/s"],
    )).err;
  assertMatch(
    await said('Ownr == "alice"'),
    /^no job matches: none of the first 20 jobs has the attribute Ownr: did you mean Owner\?$/m,
  );
  assertMatch(
    await said("Owner == zoe"),
    /has the attribute zoe: check its name, and write a text with quotes: "zoe"$/m,
  );
  assertMatch(await said('Owner == "zoe"'), /^no job matches$/m);
  const empty = folder.write("empty.log", queueLog([]));
  assertMatch(
    await said("true", empty),
    /^no job matches: the queue has no jobs$/m,
  );
});

Deno.test("--json prints the document of the contract and nothing else", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const out = folder.mkdir("out");
  const after = folder.join("after.log");
  const common = ["--queue", queue, "--queue-out", after, "--json"];
  const exported = await lumberjack(
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", "/s", ...common],
  );
  assertEquals(exported.err.includes("{"), false);
  const document = JSON.parse(exported.out);
  assertEquals(Object.keys(document), ["exports", "skipped"]);
  assertEquals(Object.keys(document.exports[0]), [
    "exportId",
    "out",
    "owner",
    "clusters",
    "jobs",
    "sha256",
  ]);
  assertEquals(document.skipped, [{ id: "3.0", reason: "running, not idle" }]);

  const status = JSON.parse(
    (await lumberjack("status", "--queue", after, "--json")).out,
  );
  assertEquals(status.locked, 3);
  assertEquals(status.exports[0].state, "written");

  const imported = JSON.parse(
    (await lumberjack(
      ...["import", "--in", out, "--queue", after, "--json"],
    )).out,
  );
  const { exportId, jobs, merged, released, missing, refused } = imported;
  assertEquals(
    { exportId, jobs, merged, released, missing, refused },
    {
      exportId: document.exports[0].exportId,
      jobs: 3,
      merged: 3,
      released: 0,
      missing: [],
      refused: [],
    },
  );
});

Deno.test("--quiet prints errors, but no other messages", async () => {
  using folder = new Folder();
  const queue = site(folder);
  const common = ["--remote-spool", "/s", "--queue", queue, "--quiet"];
  const good = await lumberjack(
    ...["export", "--constraint", "true", "--out", folder.mkdir("out")],
    ...common,
  );
  assertEquals([good.status, good.err], [4, ""]);
  const bad = await lumberjack(
    ...["export", "--constraint", "true", "--out", folder.join("none")],
    ...[...common, "--queue-out", folder.join("other.log")],
  );
  assertMatch(bad.err, /does not exist/);
});

Deno.test("describeError() replaces control characters", () => {
  const error = Object.assign(new Error("bad"), {
    subject: "a\x1b[2Jb\nc",
    remedy: "mend it",
  });
  assertEquals(describeError(error), "lumberjack: bad: a [2Jb c: mend it");
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "if HTCondor is not configured, the error names CONDOR_CONFIG",
  ignore: Deno.env.has("CONDOR_CONFIG") || exists("/etc/condor") ||
    exists("/usr/bin/condor_config_val"),
  fn: async () => {
    const { status, err } = await lumberjack("status");
    assertEquals(status, 1);
    assertMatch(
      err,
      /no configuration of HTCondor .* install HTCondor on this host, set CONDOR_CONFIG/,
    );
    // Nobody can say there whether the jobs of an export are home.
    const clean = await lumberjack("clean", "--older-than", "0s", "/");
    assertEquals([clean.status, clean.out, clean.err], [1, "", err]);
    const doctor = await lumberjack("doctor");
    assertEquals(doctor.status, 1);
    assertMatch(doctor.out, /^warning configuration: no configuration of/);
    const sites = await lumberjack("sites", "check");
    assertEquals(sites.status, 1);
    assertMatch(
      sites.err,
      /cannot run condor_config_val: install HTCondor on this host/,
    );
  },
});

Deno.test("if a constraint is too deep for HTCondor 25 and matches nothing, export says so", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(
    `${folder}/q`,
    "107 1 CreationTimestamp 1\n101 0.0 Job Machine\n103 0.0 NextClusterNum 2\n",
  );
  Deno.mkdirSync(`${folder}/out`);
  const exported = (terms: number) =>
    lumberjack(
      ...["export", "--queue", `${folder}/q`, "--out", `${folder}/out`],
      ...["--remote-spool", "/spool", "--constraint"],
      Array.from({ length: terms }, (_, n) => `ClusterId == ${n}`).join("||"),
    );
  assertMatch(
    (await exported(400)).err,
    /no job matches: .* HTCondor 25 .*member/,
  );
  assertMatch(
    (await exported(300)).err,
    /no job matches: the queue has no jobs$/m,
  );
  Deno.removeSync(folder, { recursive: true });
});
