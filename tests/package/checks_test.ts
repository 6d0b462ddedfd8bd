import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { Pool } from "../pool/harness/mod.ts";
import {
  administrators,
  bring,
  checkUpgrade,
  earlier,
  firstBundle,
  freshPool,
  goneSince,
  leave,
  makeEarlierPackages,
  makePackages,
  packageTest,
  script,
  version,
} from "./packages.ts";

const dnf =
  "dnf --assumeyes --quiet --disablerepo='*' --setopt=plugins=0 --releasever=1";

/** Makes rpm believe that it is at home: Debian's C library is what it asks for. */
async function makeRpmSystem(pool: Pool): Promise<void> {
  await pool.machine.write(
    "/tmp/base.spec",
    `Name: base
Version: 1
Release: 1
Summary: stands for the C library that this machine has
License: none
Provides: glibc libgcc /bin/sh
%description
Nothing.
%files
`,
  );
  await pool.sh(`
    rpm --initdb
    cd /tmp && rpmbuild -bb --quiet --define '_topdir /tmp/top' base.spec
    rpm -i top/RPMS/*/base-1-1.*.rpm
  `);
}

/** What is typed, and what has to be offered for the last word. */
const completions: readonly [words: readonly string[], offered: RegExp][] = [
  [["unex"], /^unexport$/],
  [["status", "--export-id", ""], /^\d{8}T\d{6}Z-[0-9a-f]{8}$/],
  [["status", "--name", "sub"], /^submit\.test$/],
  [["sites", "H"], /^HPC$/],
  [["export", "--constraint", "Clus"], /^ClusterId$/],
];

/** How a shell is asked for what it offers: one candidate on each line. */
const completing = {
  bash: (words: readonly string[]) => `
    . /usr/share/bash-completion/completions/lumberjack
    COMP_WORDS=(lumberjack ${words.map((word) => `'${word}'`).join(" ")})
    COMP_CWORD=${words.length}
    _lumberjack
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The function itself, with what it calls of zsh replaced: it would need a
  // terminal otherwise.
  zsh: (words: readonly string[]) =>
    `cat >/tmp/zsh <<'END'
compdef() { :; }
compadd() { print -rl -- "\${(@P)argv[-1]}"; }
. /usr/share/zsh/site-functions/_lumberjack
words=(lumberjack ${words.map((word) => `'${word}'`).join(" ")})
CURRENT=${words.length + 1}
_lumberjack
END
    zsh -f /tmp/zsh`,
  fish: (words: readonly string[]) =>
    `fish -c "complete -C 'lumberjack ${words.join(" ")}'"`,
};

packageTest(
  "dnf installs, upgrades and removes the .rpm; lintian, mandoc and systemd find nothing wrong",
  async (t) => {
    await script("packaging/tools-root");
    const folder = await Deno.makeTempDir();
    try {
      await makeEarlierPackages(folder, ["rpm"]);
      await makePackages(folder, ["deb", "rpm", "tar"], { level: 1 });
      await using pool = await freshPool("packaging");
      for (const { name } of Deno.readDirSync(folder)) {
        bring(pool, join(folder, name));
      }
      const rpm = (version: string) =>
        `/tmp/lumberjack-${version}-1.${Deno.build.arch}.rpm`;
      const installed = () =>
        pool.sh("rpm -q --queryformat '%{VERSION}' lumberjack");

      await t.step(
        "SHA256SUMS and the SPDX document name what is there",
        async () => {
          const sums = await pool.sh("cd /tmp && sha256sum -c SHA256SUMS");
          assertEquals(sums.match(/: OK$/gm)?.length, 4);
          const name = `lumberjack-${version}-${Deno.build.arch}.spdx.json`;
          const { packages }: {
            packages: {
              name: string;
              licenseDeclared: string;
              versionInfo: string;
            }[];
          } = JSON.parse(await Deno.readTextFile(join(folder, name)));
          const names = packages.map(({ name }) => name);
          assert(names.includes("deno") && names.includes("tar-stream"));
          for (const { licenseDeclared, versionInfo } of packages) {
            assert(licenseDeclared !== "NOASSERTION", versionInfo);
            assertMatch(versionInfo, /^\d+\.\d+\.\d+$/);
          }
        },
      );

      // It reads for a minute or two: beside the other steps.
      const lintian = pool.try(
        ["sh", "-c", "lintian --allow-root --fail-on warning /tmp/*.deb"],
        { timeout: 600 },
      );

      await t.step(
        "dnf installs and upgrades, and two commands let jobs leave",
        async () => {
          await makeRpmSystem(pool);
          await pool.sh(`${dnf} install ${rpm(earlier)}`, { timeout: 180 });
          assertEquals(await installed(), earlier);
          for (const path of goneSince) {
            assert(await pool.machine.exists(path));
          }
          await pool.sh(administrators.write);
          await pool.sh(`${dnf} upgrade ${rpm(version)}`, { timeout: 180 });
          assertEquals(await installed(), version);
          await checkUpgrade(pool);
          assertEquals(await pool.sh("rpm --verify lumberjack"), "");
          await pool.sh("chown root: /var/lib/lumberjack");
          assertMatch(await leave(pool), /^exported 3 jobs of alice/);
        },
      );

      await t.step(
        "mandoc finds nothing wrong with the manual pages",
        async () => {
          const said = await pool.sh(
            "cp -r /usr/share/man /tmp/man && cd /tmp/man && gunzip man?/lumberjack* && mandoc -Tlint -W style man?/lumberjack*",
          );
          assertEquals(said, "");
          const page = await pool.sh(
            "mandoc -Tascii /tmp/man/man1/lumberjack-export.1 | col -b",
          );
          assertMatch(page, /--remote-spool DIR/);
        },
      );

      await t.step(
        "the units are valid, switched off, and confined",
        async () => {
          const folder = "/usr/lib/systemd/system";
          const units = (await pool.sh(`cd ${folder} && ls lumberjack*`))
            .trim();
          assertEquals(units.split("\n"), [
            "lumberjack-loop.service",
            "lumberjack.service",
            "lumberjack.timer",
          ]);
          for (const unit of units.split("\n")) {
            await pool.sh(
              `systemd-analyze verify --man=no --recursive-errors=no ${folder}/${unit}`,
            );
            if (unit.endsWith(".timer")) continue;
            // The exit status says whether the score is at most 4.0.
            await pool.sh(
              `systemd-analyze security --no-pager --offline=true --threshold=40 ${folder}/${unit}`,
            );
          }
          const on = await pool.sh(
            "find /etc/systemd -type l -name '*lumberjack*'",
          );
          assertEquals(on, "");
        },
      );

      await t.step(
        "bash, zsh and fish complete verbs, export ids, schedds, sites and attributes",
        async () => {
          // Neither site has its knobs yet: `lumberjack sites NAME` says so.
          await pool.configure("LUMBERJACK_SITES = HPC ALCF");
          for (const shell of ["bash", "zsh", "fish"] as const) {
            for (const [words, expected] of completions) {
              const said = await pool.sh(completing[shell](words), {
                timeout: 180,
              });
              const offered = said.split("\n")
                .map((line) => line.split("\t")[0]);
              assert(
                offered.some((text) => expected.test(text)),
                `${shell}: ${words.join(" ")}\n${said}`,
              );
            }
          }
        },
      );

      await t.step(
        "Debian's jsonschema takes the documents of --json for what their schemas say",
        async () => {
          const said = await pool.sh(`
            cd /tmp
            for verb in status doctor; do
              lumberjack $verb --json >$verb.json
              lumberjack schema $verb >$verb.schema
              jsonschema -i $verb.json $verb.schema
              cmp $verb.schema /usr/share/doc/lumberjack/docs/schemas/$verb.json
            done
            echo '{"exports": 1}' >wrong.json
            ! jsonschema -i wrong.json status.schema 2>/dev/null`);
          assertEquals(said, "");
        },
      );

      await t.step("the archive works from a home directory", async () => {
        const said = await pool.sh(
          `mkdir ~/.local
         tar -C ~/.local --strip-components=1 -xzf /tmp/lumberjack-${version}-linux-*.tar.gz
         ~/.local/bin/lumberjack --version`,
          { user: "alice" },
        );
        assertEquals(said, `lumberjack ${version}\n`);
      });

      await t.step("lintian has nothing to say about the .deb", async () => {
        const { code, stdout } = await lintian;
        assertEquals([code, stdout], [0, ""]);
      });

      await t.step("dnf removes everything but data", async () => {
        const files = await pool.sh("rpm -ql lumberjack");
        await pool.machine.write("/tmp/files", files);
        await pool.sh(`${dnf} remove lumberjack`, { timeout: 180 });
        const left = await pool.sh(
          "while read f; do [ ! -e $f ] || echo $f; done </tmp/files",
        );
        assertEquals(left, "");
        assert(
          await pool.machine.exists(firstBundle),
        );
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
