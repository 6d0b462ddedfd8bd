import { assertEquals, assertThrows } from "@std/assert";
import {
  parseScheddVersion,
  QueueLogError,
  verifyBytes,
  type VerifyReport,
} from "../../lib/queue_log/mod.ts";
import { checkQuick } from "./properties.ts";

const head = "107 1 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
  "103 0.0 NextClusterNum 2\n";
const cluster = "101 01.-1 Job Machine\n103 01.-1 ClusterId 1\n" +
  '103 01.-1 Owner "alice"\n103 01.-1 JobUniverse 5\n';
const job = "101 1.0 Job Machine\n103 1.0 ProcId 0\n103 1.0 JobStatus 1\n";
const good = head + cluster + job;

function check(text: string): VerifyReport {
  return verifyBytes(
    Uint8Array.from(text, (character) => character.charCodeAt(0)),
  );
}

/** Returns `kind severity line` for each problem. */
function problems(text: string): string[] {
  return check(text).problems.map((p) => `${p.kind} ${p.severity} ${p.line}`);
}

Deno.test("verify() finds nothing wrong with a good log", () => {
  const report = check(good);
  assertEquals(report.problems, []);
  assertEquals([report.ok, report.verdict], [true, "start"]);
  assertEquals(report.ads, {
    header: 1,
    users: 0,
    clusters: 1,
    jobs: 1,
    other: 0,
  });
  assertEquals([report.records, report.transactions], [10, 0]);
  assertEquals(report.committedBytes, good.length);
});

Deno.test("verify() distinguishes a fatal record from one that the schedd drops", () => {
  const bad = good + "103 1.0 A 1 +\n";
  const dropped = check(bad + "103 1.0 B 1\n");
  assertEquals([dropped.ok, dropped.verdict], [false, "drop"]);
  assertEquals(dropped.problems[0].kind, "bad-value");
  assertEquals(dropped.problems[0].line, 11);
  assertEquals(dropped.problems[0].offset, good.length);
  assertEquals(dropped.committedBytes, good.length);
  const refused = check(bad + "103 1.0 B 1\n105 \n106 \n");
  assertEquals(refused.verdict, "refuse");
  assertEquals(refused.problems[0].severity, "fatal");
});

Deno.test("verify() knows that the schedd stops reading at a blank line", () => {
  const report = check(good + "\n105 \n103 1.0 A 1\n106 \n");
  assertEquals(report.verdict, "drop");
  assertEquals(report.problems.map((p) => p.kind), ["unreadable"]);
  assertEquals(report.records, 10);
});

Deno.test("verify() knows that the schedd stops at the first line if lines end with CR LF", () => {
  const report = check(good.replaceAll("\n", "\r\n"));
  assertEquals(report.verdict, "drop");
  assertEquals(report.ads.jobs, 0);
  assertEquals(problems(good.replaceAll("\n", "\r\n")), ["unreadable loss 1"]);
});

Deno.test("verify() reports each kind of problem and its line", () => {
  const cases: [name: string, text: string, expected: string[]][] = [
    ["torn last record", good + "103 1.0 A 1", ["torn-record loss 11"]],
    ["torn 101", good + "101 1.1 Job Mach", [
      "torn-new-ad warning 11",
      "dropped-job loss 11",
    ]],
    ["unfinished", good + "105 \n103 1.0 A 1\n", [
      "unfinished-transaction loss 11",
    ]],
    ["nested", good + "105 \n105 \n106 \n", ["nested-transaction warning 12"]],
    ["unmatched", good + "106 \n", ["unmatched-end warning 11"]],
    ["no 107", good.slice(good.indexOf("101")), ["no-sequence warning 1"]],
    ["late 107", good + "107 2 CreationTimestamp 1\n", [
      "late-sequence warning 11",
    ]],
    ["second 101", good + "101 1.0 Job Machine\n", ["duplicate-ad warning 11"]],
    ["103 without ad", good + "103 7.0 A 1\n103 7.0 B 1\n", [
      "missing-ad loss 11",
    ]],
    ["102 without ad", good + "102 7.0\n", ["missing-ad warning 11"]],
    ["104 without ad", good + "104 7.0 A\n", ["missing-ad warning 11"]],
    ["104 of nothing", good + "104 1.0 Nothing\n", []],
    ["another spelling", good + "103 1.-1 A 1\n", ["odd-key warning 11"]],
    ["no key", good + "103 abc A 1\n", ["odd-key loss 11"]],
    ["NUL", good + '103 1.0 A "a\0b"\n', ["bad-record loss 11"]],
    ["unknown type", good + "108 1.0\n", ["bad-record loss 11"]],
    ["105 without blank", good + "105\n103 1.0 A 1\n106 \n", [
      "bad-record fatal 11",
    ]],
    // The schedd reads the first digit of 106 as the byte after 105.
    ["105 eats of 106", good + "105\n106 \n", ["bad-record loss 11"]],
    ["blank too many", good + "102 1.0 \n103 1.0 A 1\n", [
      "unreadable loss 11",
    ]],
  ];
  for (const [name, text, expected] of cases) {
    // After a record that ends at a blank, the reader is still in the same
    // line.
    assertEquals(problems(text), expected, name);
  }
});

Deno.test("verify() names the jobs that a schedd removes when it starts", () => {
  const cases: [text: string, message: string][] = [
    [head + job, "job 1.0 has no ClusterId: the schedd removes it"],
    [
      head + job + "103 1.0 ClusterId 1\n",
      "job 1.0 has no cluster ad: the schedd removes it",
    ],
    [
      good + "103 1.0 ClusterId 2\n",
      "job 1.0 has ClusterId 2: the schedd removes it",
    ],
    [
      good + "104 01.-1 Owner\n",
      "job 1.0 has no Owner: the schedd removes it",
    ],
    [good + "104 1.0 ProcId\n", "job 1.0 has no ProcId: the schedd removes it"],
    [
      good + "103 1.0 JobUniverse 14\n",
      "job 1.0 has JobUniverse 14: the schedd removes it",
    ],
    [
      good + '103 1.0 JobUniverse "5"\n',
      "job 1.0 has no JobUniverse: the schedd removes it",
    ],
  ];
  for (const [text, message] of cases) {
    const report = check(text);
    assertEquals(report.problems.map((p) => p.message), [message]);
    assertEquals([report.verdict, report.ads.jobs], ["drop", 0]);
  }
});

Deno.test("verify() refuses a header that would use a cluster number again", () => {
  const text = good.replace("NextClusterNum 2", "NextClusterNum 1");
  const report = check(text);
  assertEquals(report.verdict, "refuse");
  assertEquals(problems(text), ["next-cluster fatal 2"]);
});

Deno.test("verify() accepts a log without a header, as the schedd does", () => {
  const text = good.replace(/101 0\.0.*\n.*\n/, "");
  assertEquals(problems(text), ["no-header warning 1"]);
  assertEquals(check(text).ok, true);
});

Deno.test("verify() with a version reports ads that this version does not know", () => {
  const text = good + '101 0.7 Project (empty)\n103 0.7 Name "atlas"\n' +
    "101 1.-2 Job Machine\n101 1.1 Job Machine\n103 1.1 ProcId 1\n" +
    "101 1.2 Job Machine\n103 1.2 ProcId 2\n103 1.2 JobStatus 10\n";
  const kinds = (version: string) => {
    const report = verifyBytes(new TextEncoder().encode(text), "log", {
      version: parseScheddVersion(version),
    });
    assertEquals([report.ok, report.verdict], [true, "start"]);
    return report.problems.map((p) => `${p.kind} ${p.line}`);
  };
  assertEquals(kinds("23.9.6"), [
    "unknown-ad 11",
    "unknown-ad 13",
    "no-status 14",
    "unknown-status 16",
  ]);
  assertEquals(kinds("25.0.3"), ["no-status 14", "unknown-status 16"]);
  assertEquals(kinds("25.14.1"), ["no-status 14"]);
});

Deno.test("parseScheddVersion() accepts releases since 23.0 and nothing else", () => {
  assertEquals(parseScheddVersion("24").minor, 9999);
  assertEquals(parseScheddVersion("25.x").major, 25);
  for (const text of ["", "8.8.1", "new", "25.1.2.3", "-25"]) {
    assertThrows(() => parseScheddVersion(text), QueueLogError, "version");
  }
});

Deno.test("the quick check finds the jobs that a schedd removes, and odd keys, as the exact check does", () => {
  const more = (text: string) => good + text;
  const logs = [
    good,
    more("103 1.0 ClusterId 2\n"),
    more("103 1.0 ClusterId 01\n"),
    more('103 1.0 Owner "a\\"b"\n'),
    more('103 1.0 owner strcat("a", "b")\n'),
    more("103 1.0 JobUniverse 4 + 1\n"),
    more("103 1.0 JobUniverse 14\n104 1.0 JobUniverse\n"),
    more("104 01.-1 Owner\n"),
    more("103 1.0 Owner undefined\n"),
    more("103 1.0 ProcId -1\n"),
    more("103 01.0 A 1\n"),
    more("103 1.-1 A 1\n"),
    more("103 1.00 A 1\n"),
    more("103 1.-0 A 1\n"),
    more("103 +1.0 A 1\n"),
    more("103 0.0 A 1\n103 00.-1 A 1\n"),
    more("101 2.0 Job\n"),
    more("101 2.0 Job Machine"),
    more("102 1.0\n" + job),
    more('103 1.0 A "\x01"\n'),
    more("103 1.0 A 1.5.5\n"),
    more("103 1.0 A 1.\n103 1.0 B 01\n103 1.0 C 0x1F\n"),
  ];
  for (const text of logs) {
    checkQuick(
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  }
});
