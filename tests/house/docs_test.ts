import { assert, assertEquals } from "@std/assert";
import { knobs } from "../../lib/condor/knobs.ts";
import { page, withLists } from "../../scripts/docs_tables.ts";

const root = new URL("../../", import.meta.url);

/** Returns the pages at the top of the checkout and all pages of docs/. */
function pages(): string[] {
  const names = [...Deno.readDirSync(new URL("docs/", root))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`);
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...names.sort()];
}

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, root));
}

/** Returns the anchors that GitHub makes from a page's headings. */
function anchors(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  return new Set(
    [...prose.matchAll(/^#+ +(.*)$/gm)].map(([, title]) =>
      title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim()
        .replace(/\s/g, "-")
    ),
  );
}

Deno.test("every link between pages leads to a page and a heading", () => {
  const broken: string[] = [];
  let count = 0;
  for (const name of pages()) {
    const prose = read(name).replace(/^```[\s\S]*?^```/gm, "");
    for (const [, link] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      count++;
      const [path, anchor] = link.split("#");
      const target = path === ""
        ? new URL(name, root)
        : new URL(path, new URL(name, root));
      let text: string | undefined;
      try {
        if (!Deno.statSync(target).isDirectory) {
          text = Deno.readTextFileSync(target);
        }
      } catch {
        broken.push(`${name}: ${link}: no such file`);
        continue;
      }
      if (anchor !== undefined && !anchors(text ?? "").has(anchor)) {
        broken.push(`${name}: ${link}: no such heading`);
      }
    }
  }
  assert(count > 20, String(count));
  assertEquals(broken, []);
});

Deno.test("every page of docs/ is named in README.md", () => {
  const readme = read("README.md");
  const missing = pages()
    .filter((name) => name.startsWith("docs/"))
    .filter((name) => !readme.includes(`(${name})`));
  assertEquals(missing, []);
});

Deno.test("docs/merged-attributes.md has the code's own lists", () => {
  const text = Deno.readTextFileSync(page);
  const words = (text: string) => text.split(/\s+/);
  const [onPage, inCode] = [words(text), words(withLists(text))];
  const without = (some: string[], others: string[]) =>
    some.filter((word) => !others.includes(word));
  assert(
    onPage.join(" ") === inCode.join(" "),
    "docs/merged-attributes.md is not current: run `scripts/deno task " +
      `docs:tables\`. Missing there: ${without(inCode, onPage).join(" ")}. ` +
      `No longer in the code: ${without(onPage, inCode).join(" ")}.`,
  );
});

Deno.test("docs/live.md names every configuration knob that is read", () => {
  const text = read("docs/live.md");
  const missing = Object.keys(knobs).filter((knob) =>
    !text.includes(`\`${knob}\``)
  );
  assertEquals(missing, []);
});
