import { assert, assertEquals } from "@std/assert";
import { ClassAd } from "../../../lib/classad/mod.ts";
import {
  type JobOutputs,
  jobOutputs,
} from "../../../lib/lumberjack/files/outputs.ts";
import {
  asSubmitted,
  type FilesContext,
} from "../../../lib/lumberjack/files/policy.ts";

const base = 'ClusterId = 12; ProcId = 3; Iwd = "/home/alice"; ' +
  'Out = "out"; Err = "err"; StreamOut = false; StreamErr = false';

function outputsOf(attributes: string, context?: FilesContext): JobOutputs {
  return jobOutputs(ClassAd.parse(`[${base}; ${attributes}]`), context);
}

/**
 * Returns each listed output, except the core file, as `kind source >
 * arrivesAs`.
 */
function listed(attributes: string): string[] {
  return outputsOf(attributes).listed
    .filter(({ kind }) => kind !== "core")
    .map(({ kind, source, arrivesAs, contents }) =>
      `${kind} ${source} > ${arrivesAs}${contents ? " contents" : ""}`
    );
}

/**
 * Returns where an output goes: a path, a URL, or the reason why it is refused.
 */
function place(outputs: JobOutputs, name: string, source?: string): string {
  const placed = outputs.place(name, source);
  return "path" in placed
    ? placed.path
    : "url" in placed
    ? placed.url
    : `refused: ${placed.refused}`;
}

const streams = [
  "stdout _condor_stdout > _condor_stdout",
  "stderr _condor_stderr > _condor_stderr",
];

// The expected values were seen in real runs of 23.9.6 and 25.14.1.
// tests/pool/job_files_test.ts compares them again.
Deno.test("without TransferOutput, stdout, stderr and new files at the top of the sandbox come home", () => {
  const outputs = outputsOf("");
  assert(outputs.changedFiles);
  assertEquals(listed(""), streams);
  assertEquals(place(outputs, "_condor_stdout"), "/home/alice/out");
  assertEquals(place(outputs, "new"), "/home/alice/new");
  assert(!outputsOf('TransferOutput = ""').changedFiles);
});

Deno.test("listed outputs come home under the last part of their path, folders with all they contain", () => {
  assertEquals(listed('TransferOutput = "o1, sub/o2,od,od/wide/,/etc/host"'), [
    "file o1 > o1",
    "file sub/o2 > o2",
    "file od > od",
    "file od/wide >  contents",
    "file /etc/host > host",
    ...streams,
  ]);
});

Deno.test("PreserveRelativePaths keeps the folders of relative output names", () => {
  const list = 'TransferOutput = "./sub/o2,od/deep,od/wide/,/etc/host"';
  assertEquals(listed(`PreserveRelativePaths = true; ${list}`), [
    "file ./sub/o2 > sub/o2",
    "file od/deep > od/deep",
    "file od/wide > od/wide contents",
    "file /etc/host > host",
    ...streams,
  ]);
});

Deno.test("remaps decide where outputs go, and the shadow's own rules apply after the user's", () => {
  const outputs = outputsOf(
    'TransferOutputRemaps = "o1=sub/o1.new;o2=/data/o2;od=res;out=o;o9=o9/x"',
  );
  assertEquals(place(outputs, "o1"), "/home/alice/sub/o1.new");
  assertEquals(place(outputs, "o2"), "/data/o2");
  assertEquals(place(outputs, "od/deep/o3"), "/home/alice/res/deep/o3");
  // The shadow's rule leads to the name in Out, and the user has a rule for it.
  assertEquals(place(outputs, "_condor_stdout"), "/home/alice/o");
  assertEquals(place(outputs, "o9"), "refused: its remaps run in a circle");
});

Deno.test("stdout and stderr can have a folder, a full path or one common file, can be discarded, or streamed", () => {
  const folders = outputsOf('Out = "sub/out"; Err = "/data/err"');
  assertEquals(place(folders, "_condor_stdout"), "/home/alice/sub/out");
  assertEquals(place(folders, "_condor_stderr"), "/data/err");
  assertEquals(listed('Err = "out"'), [streams[0]]);
  assertEquals(listed('Out = "/dev/null"; Err = ""'), []);
  assertEquals(listed("StreamOut = true"), [streams[1]]);
  assertEquals(outputsOf('StreamOut = true; Out = "sub/o"').streamed, [
    { attribute: "Out", path: "/home/alice/sub/o" },
  ]);
});

Deno.test("the shadow does not escape semicolons: a semicolon in Out ends the file's name", () => {
  const outputs = outputsOf('Out = "sub/o;ut"; Err = "sub/e=rr"');
  assertEquals(place(outputs, "_condor_stdout"), "/home/alice/sub/o");
  assertEquals(place(outputs, "_condor_stderr"), "/home/alice/sub/e=rr");
});

Deno.test("if TransferOut is false, the file in Out is an output like other files", () => {
  const ad = ClassAd.parse(
    '[Iwd = "/h"; Out = "sub/out"; TransferOut = false; TransferOutput = "o1"]',
  );
  assertEquals(
    jobOutputs(ad).listed.map(({ kind, source }) => `${kind} ${source}`),
    ["file o1", "stdout sub/out"],
  );
  assertEquals(place(jobOutputs(ad), "out"), "/h/out");
});

Deno.test("an output with a URL as its target is uploaded under the name that it has in the sandbox", () => {
  const outputs = outputsOf(
    'TransferOutputRemaps = "o1=s3://b/o1;sub/o2=s3://b/o2"',
  );
  assertEquals(place(outputs, "o1"), "s3://b/o1");
  assertEquals(place(outputs, "o2", "sub/o2"), "s3://b/o2");
  assertEquals(
    place(outputs, "o1", "sub/o1"),
    "refused: it is remapped to a URL by another name",
  );
});

Deno.test("with OutputDestination all outputs go there, except stdout and stderr", () => {
  const outputs = outputsOf(
    'OutputDestination = "s3://b/d"; TransferOutputRemaps = "o1=x"',
  );
  assertEquals(place(outputs, "o1"), "s3://b/d/o1");
  assertEquals(place(outputs, "_condor_stdout"), "/home/alice/out");
});

Deno.test("a spooled job's outputs keep their names until its owner fetches them", () => {
  const ad = ClassAd.parse(`[${base};
    Iwd = "/spool/12/3/cluster12.proc3.subproc0"; SUBMIT_Iwd = "/home/alice";
    Out = "_condor_stdout"; TransferOutputRemaps = undefined;
    SUBMIT_TransferOutputRemaps = "_condor_stdout=sub/out;o1=sub/o1"]`);
  const there = jobOutputs(ad);
  assert(there.spooled);
  const folder = "/spool/12/3/cluster12.proc3.subproc0";
  assertEquals(place(there, "o1"), `${folder}/o1`);
  assertEquals(place(there, "_condor_stdout"), `${folder}/_condor_stdout`);
  assertEquals(place(there, "_condor_stderr"), `${folder}/err`);
  const fetched = jobOutputs(asSubmitted(ad));
  assert(!fetched.spooled);
  assertEquals(place(fetched, "o1"), "/home/alice/sub/o1");
  assertEquals(place(fetched, "_condor_stdout"), "/home/alice/sub/out");
});

Deno.test("the user's remaps are ignored if the job's Iwd is in the schedd's spool", () => {
  const ad = 'Iwd = "/spool/1/c"; TransferOutputRemaps = "o1=x"; Out = "s/out"';
  const outputs = outputsOf(ad, { spool: "/spool" });
  assertEquals(place(outputs, "o1"), "/spool/1/c/o1");
  assertEquals(place(outputs, "_condor_stdout"), "/spool/1/c/s/out");
  assertEquals(place(outputsOf(ad, { spool: "/other" }), "o1"), "/spool/1/c/x");
});

Deno.test("relative output names are relative to OutputDirectory", () => {
  const outputs = outputsOf(
    'OutputDirectory = "res/"; TransferOutputRemaps = "o1=o1.new;o2=/data/o2"',
  );
  assertEquals(outputs.folder, "/home/alice/res");
  assertEquals(place(outputs, "o1"), "/home/alice/res/o1.new");
  assertEquals(place(outputs, "o2"), "/data/o2");
  assertEquals(place(outputs, "_condor_stdout"), "/home/alice/res/out");
});

Deno.test("a failed job sends FailureFiles, stdout and stderr", () => {
  assertEquals(
    outputsOf('FailureFiles = "o2"; TransferOutput = "o1"').whenFailed
      .map(({ source }) => source),
    ["o2", "_condor_stdout", "_condor_stderr"],
  );
});

Deno.test("the core file, the starter's log and the sandbox manifest come home too", () => {
  const outputs = outputsOf(
    'JobStarterLog = "log/st"; JobStarterDebug = true; ManifestDesired = true',
  );
  assertEquals(
    outputs.listed.filter(({ optional }) => optional).map(({ kind, source }) =>
      `${kind} ${source}`
    ),
    ["log .starter.log", "manifest 12_3_manifest", "core core.12.3"],
  );
  assertEquals(place(outputs, ".starter.log"), "/home/alice/log/st");
  assertEquals(listed('ManifestDir = "m"'), [...streams, "manifest m > m"]);
  assertEquals(listed('JobStarterLog = "log"'), streams);
});

Deno.test("the names in TransferCheckpoint may be separated by white space", () => {
  assertEquals(
    outputsOf('TransferCheckpoint = "c1 d2, c3"').checkpoint
      .map(({ source }) => source),
    ["c1", "d2", "c3", "_condor_stdout", "_condor_stderr"],
  );
});

Deno.test("the user log and the nodes log are paths on this host", () => {
  assertEquals(
    outputsOf('UserLog = "a.log"; DAGManNodesLog = "/dag/x.nodes.log"').logs,
    [
      { attribute: "UserLog", path: "/home/alice/a.log" },
      { attribute: "DAGManNodesLog", path: "/dag/x.nodes.log" },
    ],
  );
  assertEquals(outputsOf('UserLog = "/dev/null"').logs, []);
});

Deno.test("without file transfer the job writes directly to the paths of Out and Err", () => {
  const outputs = outputsOf('ShouldTransferFiles = "NO"; Err = "/data/err"');
  assertEquals(outputs.listed, []);
  assert(!outputs.changedFiles);
  assertEquals(outputs.streamed, [
    { attribute: "Out", path: "/home/alice/out" },
    { attribute: "Err", path: "/data/err" },
  ]);
});

Deno.test("output names that lead out of the sandbox, are URLs or have line ends are refused", () => {
  const { problems, listed } = outputsOf(
    String
      .raw`TransferOutput = "../x,a/../../b/,s3://b/x,a\nb,ok"; UserLog = "a\nb"`,
  );
  assertEquals(problems.map(({ reason }) => reason), [
    "the name leaves the sandbox (..)",
    "the name leaves the sandbox (..)",
    "an output cannot be a URL",
    "the name holds a line end",
    "the name holds a line end",
  ]);
  assertEquals(listed.map(({ source }) => source).slice(0, 2), [
    "ok",
    "_condor_stdout",
  ]);
});

Deno.test("an output that comes back under a forbidden name is refused", () => {
  const outputs = outputsOf('TransferOutputRemaps = "o1=a\\tb;o2=x\\ry"');
  for (const name of ["", "/etc/passwd", "../x", "a/../b", "a\nb", "a\0b"]) {
    assert("refused" in outputs.place(name), JSON.stringify(name));
  }
  assertEquals(place(outputs, "o2"), "refused: the name holds a line end");
});

Deno.test("HTCondor's own files, the executable and the proxy do not come home", () => {
  const outputs = outputsOf('Cmd = "/x/run"; x509userproxy = "/tmp/p"');
  for (const name of [".job.ad", ".chirp.config", "run", "p"]) {
    assert(outputs.isLeftBehind(name), name);
  }
  assert(!outputs.isLeftBehind("o1"));
});

Deno.test("release 23.9 ignores OutputDirectory, and sends no file of a failed job that has no FailureFiles", () => {
  const old = outputsOf('OutputDirectory = "res"', { release: "23.9" });
  assertEquals(old.folder, "/home/alice");
  assertEquals(old.whenFailed, []);
  assertEquals(
    outputsOf('FailureFiles = "o2"', { release: "23.9" }).whenFailed
      .map(({ source }) => source),
    ["o2", "_condor_stdout", "_condor_stderr"],
  );
});

Deno.test("in 23.9 a superfluous semicolon makes stdout or stderr lose the name that the user chose", () => {
  const remaps = 'TransferOutputRemaps = "o1=x;"';
  const name = "_condor_stdout";
  const old: FilesContext = { release: "23.9" };
  assertEquals(place(outputsOf(remaps, old), name), `/home/alice/${name}`);
  assertEquals(place(outputsOf(remaps), name), "/home/alice/out");
  const cut = 'Out = "sub/o;ut"; Err = "sub/err"';
  assertEquals(
    place(outputsOf(cut, old), "_condor_stderr"),
    "/home/alice/_condor_stderr",
  );
  assertEquals(
    place(outputsOf(cut), "_condor_stderr"),
    "/home/alice/sub/err",
  );
});
