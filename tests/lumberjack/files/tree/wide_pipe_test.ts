import { assertEquals } from "@std/assert";
import {
  isInstalled,
  withWidePipe,
} from "../../../../lib/lumberjack/files/tree/wide_pipe.ts";

/** F_GETPIPE_SZ of Linux. */
const size = 1032;
const ignore = Deno.build.os !== "linux" || !isInstalled("perl");

Deno.test({
  name: "the pipe of a program holds as many bytes as were asked for",
  ignore,
  async fn() {
    for (const stream of ["STDIN", "STDOUT"] as const) {
      const script = `print fcntl(${stream}, ${size}, 0)`;
      const [program, ...args] = withWidePipe(stream, 512 * 1024, [
        "perl",
        "-e",
        script,
      ]);
      const child = new Deno.Command(program, {
        args,
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      await child.stdin.close();
      const { stdout } = await child.output();
      assertEquals(new TextDecoder().decode(stdout), `${512 * 1024}`);
    }
  },
});

Deno.test({
  name: "a program whose pipe cannot be that large runs all the same",
  ignore,
  async fn() {
    const [program, ...args] = withWidePipe("STDOUT", -1, ["echo", "a  b"]);
    const { stdout } = await new Deno.Command(program, { args }).output();
    assertEquals(new TextDecoder().decode(stdout), "a  b\n");
  },
});

Deno.test({
  name: "if the program does not exist, the error names it",
  ignore,
  async fn() {
    const [program, ...args] = withWidePipe("STDOUT", 65536, ["/no/such"]);
    const { code, stderr } = await new Deno.Command(program, { args }).output();
    assertEquals(code === 0, false);
    const said = new TextDecoder().decode(stderr);
    assertEquals(said, "/no/such: No such file or directory\n");
  },
});

Deno.test("a program is installed if a folder of PATH has it", () => {
  assertEquals(isInstalled("sh"), true);
  assertEquals(isInstalled("no-such-program-of-anybody"), false);
});
