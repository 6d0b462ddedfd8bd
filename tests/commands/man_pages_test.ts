import { assert, assertEquals, assertMatch } from "@std/assert";
import { describedVerbs } from "../../lib/commands/verbs.ts";
import { manPages } from "../../scripts/packaging/man_page.ts";
import { lumberjack } from "./command_line.ts";

const edition = { version: "1.2.3", date: "2026-01-31" };

/** A page without the marks of troff. */
function plain(text: string): string {
  return text.replace(/\\f[BIR]/g, "").replaceAll("\\-", "-")
    .replaceAll("\\e", "\\").replaceAll("\\(aq", "'");
}

Deno.test("each verb has a manual page with every flag and example that help shows", async () => {
  const commands = await describedVerbs();
  const pages = new Map(
    manPages(commands, edition).map(({ file, text }) => [file, text]),
  );
  assertEquals(pages.size, commands.length + 2);
  for (const { name, flags, examples } of commands) {
    const page = plain(
      pages.get(`lumberjack-${name.replace(" ", "-")}.1`) ?? "",
    );
    for (const [flag, { hidden }] of Object.entries(flags)) {
      assertEquals(page.includes(`--${flag}`), !hidden, `${name} --${flag}`);
    }
    for (const { line } of examples) assert(page.includes(line), line);
  }
});

Deno.test("the page of the configuration has every knob, as `help configuration` does", async () => {
  const page = plain(manPages(await describedVerbs(), edition).at(-1)!.text);
  const { status, out } = await lumberjack("help", "configuration");
  assertEquals(status, 0);
  for (
    const knob of ["LUMBERJACK_SITES", "LUMBERJACK_<SITE>_MAX_JOBS", "SPOOL"]
  ) {
    assertMatch(page, new RegExp(`^${knob}$`, "m"));
    assert(out.includes(knob), knob);
  }
});

Deno.test("a page's text does not give troff a command", async () => {
  const known = /^\.(TH|SH|TP|PP|B|br|nf|fi|in|nh|ad)\b/;
  for (const { file, text } of manPages(await describedVerbs(), edition)) {
    for (const line of text.split("\n")) {
      if (/^[.']/.test(line)) assertMatch(line, known, `${file}: ${line}`);
    }
  }
});
