/**
 * A sample of `deno task faults`, with the executable that scripts/build has
 * made. From the sources root acts for the owner, in a child process; with the
 * executable the owner runs the program.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { randomNumbers } from "../../scripts/bench/make_log.ts";
import { tryVerb, workFolder } from "../lumberjack/faults/main.ts";
import { strace } from "../lumberjack/faults/strace.ts";
import { poolTest } from "./harness/mod.ts";

const built = fromFileUrl(new URL("../../dist/lumberjack", import.meta.url));
const root = Deno.env.get("LUMBERJACK") === undefined;

for (const verb of ["stage", "retrieve"]) {
  poolTest(
    `if ${verb} is killed, or its disk fails, at some system calls, repeating the command ends well`,
    async () => {
      using place = workFolder(undefined);
      const executable = `${place.path}/lumberjack`;
      Deno.copyFileSync(built, executable);
      const { faults, problems } = await tryVerb(verb, {
        executable,
        strace: strace()!,
        identity: { owner: "nobody", root },
        folder: place.path,
      }, {
        faults: ["kill", "EIO", "ENOSPC"],
        threads: [root ? "owner" : "main"],
        fullDisk: false,
        count: 1,
        random: randomNumbers(1),
        progress: () => {},
      });
      assertEquals(problems, []);
      const happened = Object.values(faults).reduce((sum, count) =>
        sum + count
      );
      assert(happened >= 2, JSON.stringify(faults));
    },
  );
}
