import { assertEquals, assertStringIncludes } from "@std/assert";
import { Pool, poolTest, roots } from "./harness/mod.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, when root acts as a job's owner, the process has the owner's ids and groups`,
    async () => {
      await using pool = await Pool.start({ root, start: false, slots: 0 });
      await pool.sh(`
        groupadd physics; usermod -a -G physics alice
        cd /var/tmp; echo group >group; chown root:physics group
        echo roots >roots; chmod 640 group; chmod 600 roots
      `);
      const ids = await pool.sh("id -u alice; id -g alice");
      const [uid, gid] = ids.trim().split("\n").map(Number);
      const said = await pool.deno([
        ...["run", "-A", "--no-check"],
        "/lumberjack/tests/pool/owner_probe.ts",
        ...["alice", "/var/tmp/group", "/var/tmp/roots"],
      ]);
      const { result, read } = JSON.parse(said);
      assertEquals(result, { uid, gid });
      assertEquals(read[0], "group\n");
      assertStringIncludes(read[1], "cannot read the file");
    },
  );
}
