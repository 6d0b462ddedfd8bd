import { assertEquals, assertRejects } from "@std/assert";
import { copyAs } from "../../../../lib/lumberjack/files/owner/copy_input.ts";
import { InProcessCaller } from "../../../../lib/lumberjack/files/owner/in_process.ts";
import { inspectAs } from "../../../../lib/lumberjack/files/owner/inspect.ts";
import { OwnersRights } from "../../../../lib/lumberjack/files/owner/owners_rights.ts";
import { readInputAs } from "../../../../lib/lumberjack/files/owner/read_input.ts";
import { ownerServices } from "../../../../lib/lumberjack/files/owner/services.ts";
import { Folder } from "../../queue_fixture.ts";

/** Another user than the one that runs the test, and than the files' owner. */
const stranger = new InProcessCaller(ownerServices, new OwnersRights(1));
const us = new InProcessCaller(ownerServices, new OwnersRights(Deno.uid()!));

/** A folder that everybody may search, with files of us. */
function files(): Folder {
  const folder = new Folder();
  Deno.chmodSync(folder.path, 0o755);
  folder.write("open", "for everybody");
  folder.write("private", "a password");
  Deno.chmodSync(folder.join("open"), 0o644);
  Deno.chmodSync(folder.join("private"), 0o600);
  folder.mkdir("closed");
  folder.write("closed/open", "for everybody who gets here");
  Deno.chmodSync(folder.join("closed"), 0o700);
  folder.mkdir("shared");
  Deno.chmodSync(folder.join("shared"), 0o755);
  Deno.symlinkSync(folder.join("private"), folder.join("shared/link"));
  return folder;
}

Deno.test("for another user only those files are read that everybody may read", async () => {
  using folder = files();
  const names = ["open", "private", "closed/open", "shared"];
  const denied = async (caller: InProcessCaller) =>
    (await inspectAs(caller, names.map((name) => folder.join(name))))
      .map((found) => "problem" in found && found.denied);
  assertEquals(await denied(stranger), [false, true, true, true]);
  assertEquals(await denied(us), [false, false, false, false]);
});

Deno.test("a link that is put in the place of a file after the inspection leads nowhere", async () => {
  using folder = files();
  Deno.removeSync(folder.join("open"));
  Deno.symlinkSync(folder.join("private"), folder.join("open"));
  await assertRejects(() =>
    Array.fromAsync(copyAs(stranger, folder.join("open"), folder.join("copy")))
  );
  assertEquals(folder.list().includes("copy"), false);
  await assertRejects(() =>
    Array.fromAsync(readInputAs(stranger, folder.join("open")))
  );
});

Deno.test("a file that everybody may read is copied with its mode", async () => {
  using folder = files();
  const [copied] = await Array.fromAsync(
    copyAs(stranger, folder.join("open"), folder.join("copy")),
  );
  assertEquals(copied.bytes, 13);
  assertEquals(Deno.readTextFileSync(folder.join("copy")), "for everybody");
  assertEquals(Deno.statSync(folder.join("copy")).mode! & 0o777, 0o644);
});
