import { assertEquals, assertMatch } from "@std/assert";
import { Folder } from "../lumberjack/queue_fixture.ts";
import { lumberjack } from "./command_line.ts";

Deno.test("eval prints one line for each expression, in ClassAd syntax", async () => {
  const { status, out } = await lumberjack(
    "eval",
    "2 + 2 * 3",
    'strcat("a\\n", 1)',
    "{ 1, 2.5 }",
    "missing",
    "1 / 0",
  );
  assertEquals(status, 0);
  assertEquals(
    out,
    '8\n"a\\n1"\n{ 1,2.500000000000000E+00 }\nundefined\nerror\n',
  );
});

Deno.test("eval reads ads in every form", async () => {
  using folder = new Folder();
  const target = folder.write("target.ad", 'Memory = 2048\nOpSys = "LINUX"\n');
  const forms = {
    "job.long": 'A = 5\nB = "C:\\dir"\n',
    "job.new": '[ A = 5; B = "C:\\\\dir" ]',
    "job.json": '{"A": 5, "B": "C:\\\\dir"}',
    "job.xml": '<c><a n="A"><i>5</i></a><a n="B"><s>C:\\\\dir</s></a></c>',
  };
  for (const [name, text] of Object.entries(forms)) {
    const { out } = await lumberjack(
      "eval",
      "-file",
      folder.write(name, text),
      "-target-file",
      target,
      "A + TARGET.Memory",
      "--syntax",
      "old",
      "B",
    );
    assertEquals(out, '2053\n"C:\\dir"\n', name);
  }
});

Deno.test("after a syntax error eval names the place and prints no value", async () => {
  const { status, out, err } = await lumberjack("eval", "1", "2 +");
  assertEquals([status, out], [1, ""]);
  assertMatch(err, /^lumberjack: expression expected at character 4: /);
});

Deno.test("eval --json has value and type", async () => {
  const { out } = await lumberjack("eval", "1.0", "--json");
  assertEquals(JSON.parse(out), {
    results: [{
      expression: "1.0",
      value: "1.000000000000000E+00",
      type: "real",
    }],
  });
});

Deno.test("eval needs expressions or --batch, and only flags that it knows", async () => {
  assertEquals((await lumberjack("eval")).status, 2);
  assertEquals((await lumberjack("eval", "--batch", "1")).status, 2);
  assertEquals((await lumberjack("eval", "--syntax", "xml", "1")).status, 2);
  const { status, err } = await lumberjack("eval", "-file", "/no/such", "1");
  assertEquals(status, 1);
  assertMatch(err, /cannot read the ad: \/no\/such/);
});

Deno.test("eval refuses a file without an ad, with two ads, and with a damaged ad", async () => {
  using folder = new Folder();
  for (
    const [text, message] of [
      ["", /no ad in the file/],
      ["A = 1\n\nA = 2\n", /more than one ad/],
      ["A = 1 +\n", /expression expected at character 8/],
      ['{"A": ', /JSON value expected/],
    ] as const
  ) {
    const path = folder.write("damaged", text);
    const { status, err } = await lumberjack("eval", "-file", path, "A");
    assertEquals(status, 1);
    assertMatch(err, message);
  }
});

Deno.test("eval answers as the release that --release names", async () => {
  using folder = new Folder();
  const file = folder.write("circle.ad", "A = A || true\n");
  const value = async (...more: string[]) =>
    (await lumberjack("eval", "-file", file, "A", ...more)).out.trim();
  assertEquals(await value(), "error");
  assertEquals(await value("--release", "25"), "true");
});
