import { assertEquals } from "@std/assert";
import { SiteFolder } from "../../../lib/lumberjack/site/site_folder.ts";
import { troubleOf } from "../../../lib/lumberjack/site/site_trouble.ts";
import { SiteMemory } from "../../../lib/lumberjack/site/site_memory.ts";

Deno.test("a bundle of which jobs stayed away is imported again after an hour, at once by another user, and its reason is shown until then", () => {
  const top = Deno.makeTempDirSync();
  try {
    const folder = SiteFolder.open(top, "A");
    let minutes = 0;
    const at = (minutes: number) =>
      new Date(Date.UTC(2026, 10, 30, 8, minutes));
    const memory = () => new SiteMemory(folder, () => at(minutes));
    const file = { size: 1, mtime: 2 };
    const bundle = "20261130T080000Z-0badcafe.1.tar";
    assertEquals(memory().isNews(bundle, file), true);
    memory().leaveAway(bundle, "2 jobs stay away: 1.0: no rights");
    assertEquals(memory().isNews(bundle, file), false);
    assertEquals(troubleOf(memory().state), {
      ...{ problem: "import: 2 jobs stay away: 1.0: no rights", failures: 1 },
      ...{ since: at(0).toISOString(), retryAt: at(60).toISOString() },
    });
    // Passes of another user may be able to bring files home.
    const { leftAway = {}, ...state } = memory().state;
    const other = { ...leftAway[bundle], uid: 12345 };
    folder.writeState({ ...state, leftAway: { [bundle]: other } });
    assertEquals(memory().isNews(bundle, file), true);
    minutes = 5;
    memory().leaveAway(bundle, "a job stays away: 1.0: no rights");
    assertEquals(troubleOf(memory().state)?.since, at(0).toISOString());
    minutes = 64;
    assertEquals(memory().isNews(bundle, file), false);
    minutes = 66;
    assertEquals(memory().isNews(bundle, file), true);
    memory().noteImported(bundle);
    assertEquals(memory().isNews(bundle, file), false);
    assertEquals(troubleOf(memory().state), undefined);
    memory().leaveAway(bundle, "a job stays away");
    memory().forgetAllBut(new Set());
    assertEquals(troubleOf(memory().state), undefined);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
});
