import { assertEquals } from "@std/assert";
import { ClassAd } from "../../../lib/classad/mod.ts";
import { jobInputs } from "../../../lib/lumberjack/files/inputs.ts";
import type { FilesContext } from "../../../lib/lumberjack/files/policy.ts";

const base = 'ClusterId = 12; ProcId = 3; Iwd = "/home/alice"; ' +
  'Cmd = "/home/alice/bin/run"; In = "/dev/null"';

/**
 * Returns each input as `kind attribute path > placeIn`. An input that does not
 * travel has `stays` at the end.
 */
function inputsOf(attributes: string, context?: FilesContext): string[] {
  const { inputs } = jobInputs(
    ClassAd.parse(`[${base}; ${attributes}]`),
    context,
  );
  return inputs.map((input) =>
    `${input.kind} ${input.attribute} ${input.path} > ${input.placeIn}` +
    (input.contents ? " contents" : "") +
    (input.url ? " url" : "") + (input.travels ? "" : " stays")
  );
}

function problemsOf(attributes: string): string[] {
  const { problems } = jobInputs(ClassAd.parse(`[${base}; ${attributes}]`));
  return problems.map(({ attribute, reason }) => `${attribute}: ${reason}`);
}

const executable = "executable Cmd /home/alice/bin/run > run";

// The expected places were seen in real sandboxes of 23.9.6 and 25.14.1.
// tests/pool/job_files_test.ts compares them again.
Deno.test("the executable is an input, and keeps its name in the sandbox", () => {
  assertEquals(inputsOf(""), [executable]);
  assertEquals(inputsOf('Cmd = "run"'), [
    "executable Cmd /home/alice/run > run",
  ]);
  assertEquals(inputsOf("TransferExecutable = false"), [`${executable} stays`]);
  assertEquals(inputsOf('Cmd = ""'), []);
});

Deno.test("files of TransferInput go to the top of the sandbox, without their folders", () => {
  assertEquals(inputsOf('TransferInput = "a.txt, d/e/y,/data/set,d/e/"'), [
    "file TransferInput /home/alice/a.txt > a.txt",
    "file TransferInput /home/alice/d/e/y > y",
    "file TransferInput /data/set > set",
    "file TransferInput /home/alice/d/e/ >  contents",
    executable,
  ]);
});

Deno.test("PreserveRelativePaths keeps the folders of relative names, but not of absolute names", () => {
  const names = "d/e/y,./d/x,d/e,d/e/,/data/set/,/data/x";
  assertEquals(
    inputsOf(`PreserveRelativePaths = true; TransferInput = "${names}"`),
    [
      "file TransferInput /home/alice/d/e/y > d/e/y",
      "file TransferInput /home/alice/./d/x > d/x",
      "file TransferInput /home/alice/d/e > d/e",
      "file TransferInput /home/alice/d/e/ > d/e contents",
      "file TransferInput /data/set/ >  contents",
      "file TransferInput /data/x > x",
      executable,
    ],
  );
});

Deno.test("the stdin file travels exactly once, even if it is streamed or TransferIn is false", () => {
  const stdin = "stdin In /home/alice/d/in.txt > in.txt";
  assertEquals(inputsOf('In = "d/in.txt"'), [stdin, executable]);
  assertEquals(
    inputsOf('In = "d/in.txt"; TransferIn = false; StreamIn = true'),
    [stdin, executable],
  );
  assertEquals(inputsOf('In = "a"; TransferInput = "a"'), [
    "file TransferInput /home/alice/a > a",
    executable,
  ]);
});

Deno.test("URLs stay as they are, and their files get the last part of the path as their name", () => {
  assertEquals(
    inputsOf(
      'TransferInput = "https://h/p/data.gz?sig=1/2,osdf:///x/d/,s3://b"',
    ),
    [
      "file TransferInput https://h/p/data.gz?sig=1/2 > data.gz url",
      "file TransferInput osdf:///x/d/ >  url",
      "file TransferInput s3://b > b url",
      executable,
    ],
  );
});

Deno.test("the proxy, transfer plugins and public input files are inputs", () => {
  assertEquals(
    inputsOf(
      'x509userproxy = "/tmp/x509up_u1"; TransferPlugins = "a,b=plug/p1; c = p2";' +
        'PublicInputFiles = "pub,a"; TransferInput = "a"',
    ),
    [
      "proxy x509userproxy /tmp/x509up_u1 > x509up_u1",
      "plugin TransferPlugins /home/alice/plug/p1 > p1",
      "plugin TransferPlugins /home/alice/p2 > p2",
      "file TransferInput /home/alice/a > a",
      "file PublicInputFiles /home/alice/pub > pub",
      executable,
    ],
  );
});

Deno.test("a container image travels only if TransferInput names it", () => {
  assertEquals(
    inputsOf('ContainerImage = "i.sif"; TransferInput = "a,img/i.sif"'),
    [
      "file TransferInput /home/alice/a > a",
      "image TransferInput /home/alice/img/i.sif > i.sif",
      executable,
    ],
  );
  assertEquals(inputsOf('ContainerImage = "/cvmfs/i.sif"'), [
    executable,
    "image ContainerImage /cvmfs/i.sif > i.sif stays",
  ]);
  assertEquals(inputsOf('ContainerImage = "/cvmfs/dir/"'), [
    executable,
    "image ContainerImage /cvmfs/dir/ > dir stays",
  ]);
  assertEquals(inputsOf('ContainerImage = "docker://debian:12"'), [
    executable,
    "image ContainerImage docker://debian:12 > debian:12 url stays",
  ]);
});

Deno.test("common input files are inputs in release 25, and 23.9 does not know them", () => {
  const attributes = 'CommonInputFiles = "c1, d/"; ' +
    'CommonInputCatalogs = "one, two"; _x_catalog_one = "o"; _x_catalog_two = "t"';
  assertEquals(inputsOf(attributes), [
    executable,
    "common _x_catalog_one /home/alice/o > o",
    "common _x_catalog_two /home/alice/t > t",
    "common CommonInputFiles /home/alice/c1 > c1",
    "common CommonInputFiles /home/alice/d/ >  contents",
  ]);
  assertEquals(inputsOf(attributes, { release: "23.9" }), [executable]);
});

Deno.test("protected URLs are read from the attributes that TransferQueueInputList names", () => {
  assertEquals(
    inputsOf(
      'TransferQueueInputList = {TransferInputFrom_A}; TransferInputFrom_A = "s3://b/x"',
    ),
    ["file TransferInputFrom_A s3://b/x > x url", executable],
  );
});

Deno.test("if the spool is known, the job's checkpoint and spooled executable are inputs", () => {
  const { inputs } = jobInputs(ClassAd.parse(`[${base}]`), {
    spool: "/spool/",
  });
  assertEquals(inputs.map(({ kind, path, spooled }) => [kind, path, spooled]), [
    [
      "executable",
      "/home/alice/bin/run",
      "/spool/12/cluster12.ickpt.subproc0",
    ],
    ["checkpoint", "/spool/12/3/cluster12.proc3.subproc0/", undefined],
  ]);
  assertEquals(
    inputsOf('CheckpointDestination = "s3://b"', { spool: "/spool" }),
    [executable],
  );
});

Deno.test("without file transfer no input travels, but Cmd and In must exist in their places", () => {
  assertEquals(
    inputsOf('ShouldTransferFiles = "no"; In = "in"; TransferInput = "a"'),
    ["stdin In /home/alice/in > in stays", `${executable} stays`],
  );
});

Deno.test("the credentials that a job needs are listed", () => {
  const { credentials } = jobInputs(ClassAd.parse(
    `[${base}; OAuthServicesNeeded = "box*work, scitokens"; SendCredential = true;
      ScitokensFile = "/run/token"]`,
  ));
  assertEquals(credentials, [
    { attribute: "OAuthServicesNeeded", name: "box*work" },
    { attribute: "OAuthServicesNeeded", name: "scitokens" },
    { attribute: "ScitokensFile", name: "/run/token" },
    { attribute: "SendCredential", name: "" },
  ]);
});

Deno.test("inputs whose names cannot travel are refused, with the reason", () => {
  assertEquals(
    problemsOf(
      String.raw`TransferInput = "a\nb,..,C:\\x,\\\\h\\s,ok,/"; In = "d/"`,
    ),
    [
      "TransferInput: the name holds a line end",
      "TransferInput: the name leaves its folder (..)",
      "TransferInput: the name is a Windows path",
      "TransferInput: the name is a Windows path",
      "In: the name ends with a slash",
    ],
  );
  assertEquals(
    problemsOf('PreserveRelativePaths = true; TransferInput = "../x,../y/"'),
    [
      "TransferInput: the name leaves its folder (..)",
      "TransferInput: the name leaves its folder (..)",
    ],
  );
  assertEquals(problemsOf('TransferInput = "../x,../y/"'), []);
  assertEquals(problemsOf('Iwd = "relative"'), [
    "Iwd: Iwd is not an absolute path",
  ]);
  assertEquals(problemsOf('DataReuseManifestSHA256 = "m"'), [
    "DataReuseManifestSHA256: the files that a data reuse manifest lists are not in the ad",
  ]);
});

Deno.test("bytes in paths that are not UTF-8 stay unchanged", () => {
  const ad = new Map([["iwd", "/h"], ["transferinput", "caf\udce9/x\udcff"]]);
  const { inputs } = jobInputs({
    lookup(name) {
      const value = ad.get(name.toLowerCase());
      return value === undefined ? undefined : { kind: "literal", value };
    },
  });
  assertEquals(inputs.map(({ path }) => path), ["/h/caf\udce9/x\udcff"]);
});
