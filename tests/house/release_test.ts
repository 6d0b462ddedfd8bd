import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { version } from "../../lib/lumberjack/version.ts";
import {
  type Candidate,
  notesOf,
  objections,
} from "../../scripts/packaging/release.ts";
import { npmPackages } from "../../scripts/packaging/sbom.ts";

const root = new URL("../../", import.meta.url);

const good: Candidate = {
  version: "1.2.0",
  packageVersion: "1.2.0",
  maintainer: "Alice Example <alice@example.org>",
  changelog:
    "# Changes\n\n## 1.2.0, 2026-12-01\n\nNew.\n\n## 1.1.0, 2026-11-01\n",
  tags: ["v1.2.0"],
  changed: [],
  deno: "2.9.6",
  runtime: "2.9.6",
};

Deno.test("a release needs a tag, a date, one version, a maintainer and no changes", () => {
  assertEquals(objections(good), []);
  const wrong: [Partial<Candidate>, RegExp][] = [
    [{ tags: [] }, /no tag v1\.2\.0/],
    [{ packageVersion: "1.1.0" }, /deno\.json says 1\.1\.0/],
    [{ changelog: "## 1.2.0, unreleased\n" }, /no date/],
    [{ changelog: "## 1.1.0, 2026-11-01\n" }, /not of 1\.2\.0/],
    [{ changed: ["README.md"] }, /uncommitted changes: README\.md/],
    [{ maintainer: "Nobody" }, /no address: Nobody/],
    [{ maintainer: "A <a@example.invalid>" }, /placeholder: A/],
  ];
  for (const [change, says] of wrong) {
    const [first, ...more] = objections({ ...good, ...change });
    assertMatch(first, says);
    assertEquals(more, []);
  }
});

Deno.test("the npm-only build is refused as a release", () => {
  const [objection] = objections({ ...good, runtime: "2.5.7" });
  assertMatch(objection, /runtime of Deno 2\.5\.7.* never released/);
});

Deno.test("the notes of a release are the first section of the changelog", () => {
  assertEquals(notesOf(good.changelog), "New.\n");
});

Deno.test("deno.json has the version of lib/lumberjack/version.ts", () => {
  const text = Deno.readTextFileSync(new URL("deno.json", root));
  assertEquals(JSON.parse(text).version, version);
});

Deno.test("each npm package of the executable has a licence, for the packages' list", async () => {
  const packages = await npmPackages(fromFileUrl(root));
  const names = packages.map(({ name }) => name);
  assert(names.includes("tar-stream") && names.includes("linkedom"));
  // Only tests and scripts use it.
  assert(!names.includes("typescript"));
  const without = packages.filter(({ license }) =>
    !/^[A-Za-z0-9.() -]+$/.test(license) || license === "NOASSERTION"
  );
  assertEquals(without, []);
});
