import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  administrators,
  bring,
  checkUpgrade,
  earlier,
  executable,
  firstBundle,
  freshPool,
  goneSince,
  leave,
  makeEarlierPackages,
  makePackages,
  packageTest,
  version,
} from "./packages.ts";

/** SHA-256 of a file of this host, in hexadecimal. */
async function digest(path: string): Promise<string> {
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    await Deno.readFile(path),
  );
  return [...new Uint8Array(bytes)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

packageTest(
  "on a Debian with HTCondor: apt installs the .deb, and jobs have left after two commands",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const again = join(folder, "again");
      await makeEarlierPackages(folder, ["deb"]);
      await makePackages(folder, ["deb"], { level: 1 });
      await makePackages(again, ["deb"], { level: 1 });
      const name = `lumberjack_${version}-1_amd64.deb`;
      const before = `lumberjack_${earlier}-1_amd64.deb`;
      // Two builds give the same bytes.
      assertEquals(
        await digest(join(folder, name)),
        await digest(join(again, name)),
      );
      await using pool = await freshPool("trixie");
      bring(pool, join(folder, name));
      bring(pool, join(folder, before));
      const installed = () =>
        pool.sh("dpkg-query -f '${Version}' -W lumberjack");

      const apt = "DEBIAN_FRONTEND=noninteractive apt-get -y";
      await pool.sh(`${apt} install /tmp/${before}`);
      assertEquals(await installed(), `${earlier}-1`);
      for (const path of goneSince) assert(await pool.machine.exists(path));
      await pool.sh(administrators.write);
      await pool.sh(`${apt} install /tmp/${name}`);
      assertEquals(await installed(), `${version}-1`);
      await checkUpgrade(pool);
      assertEquals(await pool.sh("dpkg --verify lumberjack"), "");
      await pool.sh("chown root: /var/lib/lumberjack");

      const [sum] = (await pool.sh("sha256sum /usr/bin/lumberjack")).split(" ");
      assertEquals(sum, await digest(executable));
      assertMatch(await leave(pool), /^exported 3 jobs of alice/);

      // With no more rights than the units give to root, a file that only its
      // owner may read can leave.
      const confined = await pool.sh(`
      cd ~alice
      runuser -u alice -- sh -c 'echo data >in.txt; chmod 600 in.txt'
      chmod 700 .
      cat >/tmp/job.sub <<'END'
executable = /bin/cat
arguments = in.txt
transfer_input_files = in.txt
should_transfer_files = yes
queue
END
      runuser -u alice -- condor_submit /tmp/job.sub >/dev/null
      mkdir /var/lib/lumberjack/second
      caps=$(sed -n 's/^CapabilityBoundingSet=//p' /usr/lib/systemd/system/lumberjack.service |
        tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
      setpriv --bounding-set="-all,$caps" --no-new-privs \\
        lumberjack export --constraint 'Managed =?= undefined' --stage \\
          --out /var/lib/lumberjack/second --remote-spool /scratch/spool
      cat /var/lib/lumberjack/second/lumberjack/*/inputs/*/in.txt
    `);
      assertMatch(confined, /^exported 1 job of alice[^]*^data$/m);

      const files = (await pool.sh(
        "dpkg -L lumberjack | while read f; do [ -d $f ] || echo $f; done",
      )).trim();
      assert(files.split("\n").length > 50, files);
      await pool.sh(`${apt} remove lumberjack`);
      await pool.machine.write("/tmp/files", files);
      const left = await pool.sh(
        "while read f; do [ ! -e $f ] || echo $f; done </tmp/files; ls /usr/share/lumberjack 2>/dev/null || true",
      );
      assertEquals(left, "");
      await pool.sh(`${apt} purge lumberjack`);
      assert(
        await pool.machine.exists(firstBundle),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
