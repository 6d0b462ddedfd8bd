import { assertEquals, assertThrows } from "@std/assert";
import {
  cancelPath,
  readCancel,
  writeCancel,
} from "../../../lib/lumberjack/export_dir/cancel_file.ts";
import { verifyTree } from "../../../lib/lumberjack/files/bundle.ts";
import { Folder } from "../queue_fixture.ts";

const id = "20261130T080000Z-0badcafe";

Deno.test("a list of cancelled jobs grows, and all jobs is all jobs", () => {
  using folder = new Folder();
  const path = cancelPath(folder.path, id);
  assertEquals(readCancel(path).isEmpty, true);
  writeCancel(folder.path, id, ["1.0", "12.3"]);
  writeCancel(folder.path, id, ["1.0", "2.0"]);
  assertEquals(Deno.readTextFileSync(path), "1.0\n12.3\n2.0\n");
  const list = readCancel(path);
  assertEquals(["1.0", "1.1", "2.0"].map((job) => list.has(job)), [
    true,
    false,
    true,
  ]);
  writeCancel(folder.path, id, ["all"]);
  assertEquals(readCancel(path).has("99.0"), true);
});

Deno.test("a list that is none cancels nothing", () => {
  using folder = new Folder();
  for (const text of ["1.0\n; rm -r /\n", "1\n", "-all\n", "1.0 2.0\n"]) {
    const path = folder.write("list", text);
    assertThrows(() => readCancel(path), Error, "no list of cancelled jobs");
  }
  Deno.symlinkSync("/dev/zero", folder.join("link"));
  assertThrows(() => readCancel(folder.join("link")), Error, "no list");
  const path = folder.write("by-hand", "# as agreed\n\n 1.0 \r\nall\n");
  assertEquals(readCancel(path).has("7.7"), true);
});

Deno.test("an export with checksums has them after a cancellation, too", async () => {
  using folder = new Folder();
  folder.write("data", "x");
  const sums = await new Deno.Command("sh", {
    args: ["-c", "sha256sum data >SHA256SUMS"],
    cwd: folder.path,
  }).output();
  assertEquals(sums.success, true);
  for (const ids of [["1.0"], ["2.0"]]) {
    writeCancel(folder.path, id, ids);
    await verifyTree(folder.path);
  }
});
