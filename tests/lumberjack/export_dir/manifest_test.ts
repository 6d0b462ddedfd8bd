import { assertEquals, assertThrows } from "@std/assert";
import {
  type Manifest,
  readManifest,
  writeManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import { QueueLogError } from "../../../lib/queue_log/mod.ts";

const manifest: Manifest = {
  exportId: "20261201T000000Z-00000000",
  createdAt: "2026-12-01T00:00:00Z",
  lumberjackVersion: "0",
  schedd: "here",
  owner: "bob",
  constraint: "true",
  remoteSpool: "/spool",
  clusters: [1],
  jobs: 1,
  sha256: null,
  state: "planned",
  skipped: [],
};

/** The longest path that Linux takes, in bytes. */
const longestPath = 4095;

Deno.test("if no temporary file can be made for the manifest, its checksum in SHA256SUMS does not change", () => {
  const top = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    // In this folder `.SHA256SUMS.01234567.tmp` is possible, and
    // `.manifest.json.01234567.tmp` is too long.
    const length = longestPath - "/.SHA256SUMS.01234567.tmp".length;
    let folder = top;
    while (length - folder.length > 251) folder += `/${"f".repeat(200)}`;
    const left = length - folder.length;
    folder += `/${"l".repeat(left - 1)}`;
    Deno.mkdirSync(folder, { recursive: true });
    const sums = `${"0".repeat(64)}  manifest.json\n`;
    Deno.writeTextFileSync(`${folder}/SHA256SUMS`, sums);
    assertThrows(() => writeManifest(folder, manifest), QueueLogError);
    assertEquals(Deno.readTextFileSync(`${folder}/SHA256SUMS`), sums);
    assertEquals(readManifest(folder), undefined);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
});
