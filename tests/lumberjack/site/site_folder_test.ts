import { assertEquals } from "@std/assert";
import { readManifest } from "../../../lib/lumberjack/export_dir/manifest.ts";
import { SiteFolder } from "../../../lib/lumberjack/site/site_folder.ts";
import { lumberjack } from "../../commands/command_line.ts";
import { Folder, queueLog } from "../queue_fixture.ts";

Deno.test("an export that counts as home is away again if jobs of it are locked", async () => {
  using folder = new Folder();
  const queue = folder.write("q", queueLog([{ cluster: 1, procs: [{}] }]));
  const own = SiteFolder.open(folder.path, "ALCF");
  const { folder: out } = own.newExport(new Date());
  const line = ["--queue", queue, "--queue-out", folder.join("after")];
  await lumberjack(
    ...["export", "--ids", "1", "--out", out, "--remote-spool", "/s", ...line],
  );
  await lumberjack("import", "--in", out, "--queue", folder.join("after"));
  const { exportId, state } = readManifest(out)!;
  assertEquals([state, own.exportsAway().length], ["imported", 0]);

  own.reopen((id) => id !== exportId);
  assertEquals(own.exportsAway().length, 0);
  own.reopen((id) => id === exportId);
  assertEquals(own.exportsAway().map(({ folder }) => folder), [out]);
});
