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

if (root) {
  poolTest(
    "a folder that the disk does not list is an error, and not an empty folder",
    async () => {
      const folder = Deno.realPathSync(Deno.makeTempDirSync());
      Deno.mkdirSync(`${folder}/listed`);
      for (let file = 0; file < 3; file++) {
        Deno.writeTextFileSync(`${folder}/listed/file ${file}`, "");
      }
      const library = new URL("../../lib/lumberjack/files/", import.meta.url);
      const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
      Deno.writeTextFileSync(
        `${folder}/list.ts`,
        `import { readFolder } from "${library}tree/folder_reader.ts";
         import { filesBelow } from "${library}owner/inspect.ts";
         for (const read of [readFolder, filesBelow]) {
           try {
             const files = await Array.fromAsync(read("${folder}/listed"));
             console.log(files.length);
           } catch (error) {
             console.log(error.message);
           }
         }`,
      );
      const lines = async (...options: string[]) => {
        const [program, ...args] = [
          ...[...strace()!, "-qq", "-o", "/dev/null"],
          ...["-P", `${folder}/listed`, "-e", "trace=getdents64", ...options],
          ...[Deno.execPath(), "run", "-A", "--no-check"],
          ...["--config", config, `${folder}/list.ts`],
        ];
        const { stdout } = await new Deno.Command(program, { args }).output();
        return new TextDecoder().decode(stdout).trim().split("\n");
      };
      const failing = "inject=getdents64:error=EIO";
      const [asRoot, asOwner] = await lines("-f", "-e", failing);
      assertEquals(asRoot, "cannot read the folder");
      assert(asOwner.startsWith("Input/output error"), asOwner);
      // It fails once, for the first thread, which reads the names.
      const [again] = await lines("-e", `${failing}:when=1`);
      assertEquals(again, "3");
      Deno.removeSync(folder, { recursive: true });
    },
  );
}
