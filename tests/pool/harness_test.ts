import { fromFileUrl } from "@std/path";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CommandError,
  Machine,
  Pool,
  poolTest,
  roots,
  until,
} from "./harness/mod.ts";

for (const root of roots) {
  poolTest(`a pool of root on ${root} runs the jobs of two users`, async () => {
    await using pool = await Pool.start({ root });
    const mine = "executable = /bin/sh\narguments = \"-c 'exit 7'\"\nqueue 2\n";
    const clusters = await pool.submit(mine, { user: "alice" });
    await pool.submit("executable = /bin/true\nqueue\n", { user: "bob" });
    assertEquals(clusters, [1]);
    await pool.untilNone("true");
    const ended = (await pool.history())
      .map((ad) => `${ad.Owner} ${ad.ClusterId}.${ad.ProcId} ${ad.ExitCode}`);
    assertEquals(ended.sort(), ["alice 1.0 7", "alice 1.1 7", "bob 2.0 0"]);
  });

  poolTest(
    `a personal pool on ${root} keeps its jobs when its schedd is stopped or killed`,
    async () => {
      await using pool = await Pool.start({ root, user: "alice", slots: 0 });
      await pool.submit("executable = /bin/true\nqueue 2\n", { user: "alice" });
      await pool.stopSchedd();
      assert((await pool.try(["condor_q"])).code !== 0);
      await pool.startSchedd();
      assertEquals((await pool.queue()).length, 2);
      await pool.killSchedd();
      assertEquals((await pool.queue("JobStatus == 1")).length, 2);
    },
  );
}

poolTest("two machines of one root do not see each other's files", async () => {
  await using one = await Machine.boot({
    root: "trixie",
    hostname: "one.test",
  });
  await using two = await Machine.boot({
    root: "trixie",
    hostname: "two.test",
  });
  await one.write("/home/alice/x/y", "grüße\n", { user: "alice", mode: 0o600 });
  assertEquals(await one.read("/home/alice/x/y"), "grüße\n");
  assertEquals(
    await one.run(["stat", "-c", "%U %a", "/home/alice/x/y"]),
    "alice 600\n",
  );
  assertEquals(await two.exists("/home/alice/x"), false);
  assertEquals(await two.run(["hostname"]), "two.test\n");
  await assertRejects(
    () => two.run(["cat", "/etc/shadow"], { user: "alice" }),
    CommandError,
    "Permission denied",
  );
});

poolTest("Lumberjack runs on a machine as an ordinary user", async () => {
  await using machine = await Machine.boot({ root: "trixie" });
  const { code, stdout, stderr } = await machine.try(
    ["lumberjack", "--version"],
    { user: "bob" },
  );
  assertEquals([code, stderr], [0, ""]);
  assert(stdout.startsWith("lumberjack "), stdout);
});

/** Returns the first line that a process prints. */
async function firstLine(process: Deno.ChildProcess): Promise<string> {
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value).split("\n")[0];
}

poolTest("a machine ends when the test process is killed", async () => {
  const harness = new URL("./harness/mod.ts", import.meta.url);
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { Machine } from "${harness}";
       const machine = await Machine.boot({ root: "trixie" });
       console.log(machine.pid);
       setInterval(() => {}, 1000);`,
    ],
    stdout: "piped",
  }).spawn();
  const pid = await firstLine(process);
  assert((await Deno.stat(`/proc/${pid}`)).isDirectory);
  process.kill("SIGKILL");
  await process.status;
  await until("the machine is gone", async () => {
    const stat = await Deno.stat(`/proc/${pid}`).catch(() => undefined);
    return stat === undefined;
  });
});

poolTest(
  "scripts/pool starts two pools, runs commands there and ends the pools",
  async () => {
    const script = fromFileUrl(new URL("../../scripts/pool", import.meta.url));
    const env = { LUMBERJACK_POOL: `test-${Deno.pid}` };
    const pool = async (...args: string[]) => {
      const output = await new Deno.Command(script, { args, env }).output();
      return {
        code: output.code,
        stdout: new TextDecoder().decode(output.stdout),
      };
    };
    assertEquals((await pool("run", "true")).code, 1);
    assertEquals((await pool("up")).code, 0);
    try {
      const slots = ["condor_status", "-af", "Name"];
      const local = await pool("run", "--user", "bob", ...slots);
      assertEquals(local.stdout.trim().split("\n").length, 8);
      const remote = await pool("run", "--remote", ...slots);
      assertEquals(remote.stdout.trim().split("\n").length, 4);
      assertEquals(await pool("run", "sh", "-c", "id -un; exit 3"), {
        code: 3,
        stdout: "alice\n",
      });
    } finally {
      assertEquals((await pool("down")).code, 0);
    }
    assertEquals((await pool("run", "true")).code, 1);
  },
);
