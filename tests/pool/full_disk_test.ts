import { assertEquals, assertMatch } from "@std/assert";
import { queueLog } from "../lumberjack/queue_fixture.ts";
import { Pool, poolTest } from "./harness/mod.ts";

poolTest(
  "if the disk is full, export says so and leaves no lock and no file",
  async () => {
    await using pool = await Pool.start({ root: "trixie", slots: 0 });
    await pool.sh(
      "mkdir /full /data && mount -t tmpfs -o size=64k none /full && mkdir /full/out",
    );
    const log = queueLog([{ cluster: 1, procs: Array(2000).fill({}) }]);
    await Deno.writeFile(pool.machine.path("/data/queue.log"), log);
    const list = () => pool.sh("find /full /data -type f | sort");

    const full = await pool.lumberjack([
      ...["export", "--constraint", "true", "--out", "/full/out"],
      ...["--remote-spool", "/spool", "--queue", "/data/queue.log"],
      ...["--queue-out", "/data/after.log"],
    ]);
    assertEquals(full.code, 1);
    assertMatch(full.stderr, /no space left for the file: \/full\/out/);
    assertEquals(await list(), "/data/queue.log\n");

    await pool.sh("mkdir /data/out");
    const noLock = await pool.lumberjack([
      ...["export", "--constraint", "true", "--out", "/data/out"],
      ...["--remote-spool", "/spool", "--queue", "/data/queue.log"],
      ...["--queue-out", "/full/after.log"],
    ]);
    assertEquals(noLock.code, 1);
    assertMatch(noLock.stderr, /no space left/);
    assertEquals(await list(), "/data/queue.log\n");
  },
);
