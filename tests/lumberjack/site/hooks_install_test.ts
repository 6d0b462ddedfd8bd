import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  installHooks,
  type InstallRequest,
  removeHooks,
} from "../../../lib/lumberjack/site/hooks/install.ts";
import {
  withMark,
  writerOf,
} from "../../../lib/lumberjack/site/hooks/marked_file.ts";
import { snippetText } from "../../../lib/lumberjack/site/hooks/parts.ts";

const sites = [
  { name: "ALCF", maxJobs: 500 },
  { name: "NERSC", maxJobs: 7 },
];

/** An installation of HTCondor in a temporary folder. */
function installation(...parts: InstallRequest["parts"]) {
  const top = Deno.makeTempDirSync();
  const configFolder = join(top, "config.d");
  const scriptFolder = join(top, "libexec", "lumberjack");
  Deno.mkdirSync(configFolder);
  const request: InstallRequest = {
    parts,
    places: {
      ...{ configFolder, scriptFolder },
      lumberjackFolder: join(top, "lumberjack"),
      passUser: undefined,
      condorGroup: undefined,
    },
    values: {
      ...{ program: "/opt/it's/lumberjack", scriptFolder, sites },
      jobs: 'WantSite == "SITE"',
    },
  };
  return {
    ...{ top, request, configFolder, scriptFolder },
    [Symbol.dispose]: () => Deno.removeSync(top, { recursive: true }),
  };
}

const actions = (steps: readonly { readonly action: string }[]) =>
  steps.map(({ action }) => action);

const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("hooks install writes scripts that name the executable, and a route for each site", () => {
  using it = installation("copy");
  const dry = installHooks({ ...it.request, dryRun: true });
  assertEquals(names(it.top), ["config.d"]);
  assertEquals(
    actions(dry),
    [...Array(3).fill("make"), ...Array(5).fill("write")],
  );
  assertEquals(actions(installHooks(it.request)), actions(dry));
  const script = Deno.readTextFileSync(join(it.scriptFolder, "finalize"));
  assertMatch(
    script,
    /^#!\/bin\/sh\n# Written by .*\n# .*\nexec '\/opt\/it'\\''s\/lumberjack' hook finalize\n$/,
  );
  assertEquals(
    Deno.statSync(join(it.scriptFolder, "finalize")).mode! & 0o777,
    0o755,
  );
  const snippet = Deno.readTextFileSync(
    join(it.configFolder, "61-lumberjack-copy.conf"),
  );
  assertMatch(
    snippet,
    /ROUTE_LumberjackCopy_NERSC @=route\n {2}REQUIREMENTS JobUniverse == 5 && \(WantSite == "NERSC"\)\n {2}UNIVERSE VANILLA\n {2}MaxJobs = 7\n {2}MaxIdleJobs = 7\n@route/,
  );
  const stage = join(it.top, "lumberjack", "job-router");
  assertEquals(Deno.statSync(stage).mode! & 0o7777, 0o3773);
  assertEquals(
    new Set(actions(installHooks(it.request))),
    new Set(["unchanged"]),
  );
});

Deno.test("the routes that edit in place take the place of the routes that copy", () => {
  using it = installation("copy");
  installHooks(it.request);
  installHooks({ ...it.request, parts: ["edit"] });
  assertEquals(names(it.configFolder), ["61-lumberjack-edit.conf"]);
  assertEquals(names(join(it.top, "libexec")), []);
});

Deno.test("a file that was changed by hand is kept; --force keeps it beside the new one", () => {
  using it = installation("cron");
  installHooks(it.request);
  const path = join(it.configFolder, "60-lumberjack-cron.conf");
  const ours = Deno.readTextFileSync(path);
  const changed = ours.replace("60s", "90s");
  Deno.writeTextFileSync(path, changed);
  const kept = installHooks(it.request);
  assertEquals(actions(kept), ["kept"]);
  assertMatch(kept[0].diff.join("\n"), /^- .*90s.*\n\+ .*60s/m);
  assertEquals(
    actions(removeHooks(it.request.places, { dryRun: false, force: false })),
    ["kept"],
  );
  assertEquals(Deno.readTextFileSync(path), changed);
  assertEquals(actions(installHooks({ ...it.request, force: true })), [
    "replace",
  ]);
  assertEquals(Deno.readTextFileSync(path), ours);
  assertEquals(Deno.readTextFileSync(`${path}~`), changed);
  removeHooks(it.request.places, { dryRun: false, force: false });
  assertEquals(names(it.configFolder), ["60-lumberjack-cron.conf~"]);
});

Deno.test("a file that is not ours is neither replaced nor removed", () => {
  using it = installation("cron");
  const path = join(it.configFolder, "60-lumberjack-cron.conf");
  Deno.writeTextFileSync(path, "A = 1\n");
  assertEquals(actions(installHooks(it.request)), ["make", "kept"]);
  const options = { dryRun: false, force: true };
  assertEquals(actions(removeHooks(it.request.places, options)), ["kept"]);
  assertEquals(Deno.readTextFileSync(path), "A = 1\n");
});

Deno.test("the mark of a file tells whether somebody has changed it", () => {
  const marked = withMark("A = 1\n");
  assertEquals(writerOf(marked), "ours");
  assertEquals(writerOf(marked + "B = 2\n"), "changed");
  assertEquals(writerOf("A = 1\n"), "foreign");
});

Deno.test("without a site a snippet has no route", () => {
  using it = installation("edit");
  const text = snippetText("edit", { ...it.request.values, sites: [] });
  assertEquals(/ROUTE_NAMES|@/.test(text), false);
});
