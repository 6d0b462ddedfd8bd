import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { Place } from "../../../lib/lumberjack/site/site.ts";
import { transportOf } from "../../../lib/lumberjack/site/transport/choose.ts";
import { TransportError } from "../../../lib/lumberjack/site/transport/transport.ts";

const id = "20261128T120000Z-0badcafe";
const other = "20261128T120000Z-12345678";

function folders(): { here: string; there: string; inbox: string } {
  const top = Deno.makeTempDirSync();
  const [here, there, inbox] = ["here", "there", "inbox"].map((name) => {
    Deno.mkdirSync(join(top, name));
    return join(top, name);
  });
  return { here, there, inbox };
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Sends a bundle, then receives the bundles of one export. */
async function thereAndBack(
  place: Place,
  { here, there, inbox }: ReturnType<typeof folders>,
): Promise<void> {
  const transport = transportOf(place, "ALCF");
  const bundle = join(here, `${id}.tar.zst`);
  Deno.writeTextFileSync(bundle, "jobs");
  await transport.send(bundle);
  await transport.send(bundle);
  assertEquals(names(there), [`${id}.tar.zst`]);
  for (const name of [`${other}.1.tar.zst`, `.${id}.2.tar.zst.part`, "x"]) {
    Deno.writeTextFileSync(join(there, name), "no");
  }
  Deno.renameSync(join(there, `${id}.tar.zst`), join(there, `${id}.1.tar.zst`));
  Deno.symlinkSync("/etc/passwd", join(there, `${id}.3.tar.zst`));
  await transport.receive([id], inbox);
  await transport.receive([id], inbox);
  assertEquals(names(inbox), [`${id}.1.tar.zst`]);
  assertEquals(Deno.readTextFileSync(join(inbox, `${id}.1.tar.zst`)), "jobs");
}

Deno.test("a transport by folder sends a bundle and receives only bundles of the requested exports", async () => {
  const all = folders();
  await thereAndBack({ kind: "folder", path: all.there }, all);
});

Deno.test("a transport by command sends a bundle and receives only bundles of the requested exports", async () => {
  const all = folders();
  const script = join(all.here, "ship");
  Deno.writeTextFileSync(
    script,
    `#!/bin/sh
set -eu
place=$1 what=$2
test "$3" = ALCF
case $what in
  send) cp "$4" "$place/.part" && mv "$place/.part" "$place/\${4##*/}" ;;
  check) echo "the place is $place" ;;
  receive)
    folder=$4
    shift 4
    for id; do
      for file in "$place/$id".*; do test -h "$file" || cp "$file" "$folder"; done
    done
    ;;
esac
`,
    { mode: 0o755 },
  );
  const argv = [script, all.there];
  await thereAndBack({ kind: "command", argv }, all);
  assertEquals(await checked({ kind: "command", argv }), [
    `${script} check ALCF: the place is ${all.there}`,
  ]);
});

/** Returns the messages of a check of the place. */
async function checked(place: Place): Promise<string[]> {
  const use = { writes: true, executable: "lumberjack" };
  const said: string[] = [];
  for await (const { message } of transportOf(place, "ALCF").check(use)) {
    said.push(message);
  }
  return said;
}

Deno.test("a check of a place leaves no file there, and its error says what fails", async () => {
  const { there } = folders();
  assertEquals(
    (await checked({ kind: "folder", path: there }))[1],
    `a file was written to ${there} and read`,
  );
  assertEquals(names(there), []);
  await assertRejects(
    () => checked({ kind: "folder", path: "/nowhere/in" }),
    TransportError,
    "cannot read the site's folder",
  );
  const argv = ["/bin/sh", "-c", "echo no quota >&2; exit 3"];
  await assertRejects(
    () => checked({ kind: "command", argv }),
    TransportError,
    "failed",
  );
});

/** What rsync says if the disk of the other side is full. An empty line can be in it. */
const rsyncOnFullDisk = `printf '%s\\n' \
  'rsync: [receiver] write failed on "/lus/in/a": No space left on device (28)' '' \
  'rsync error: error in file IO (code 11) at receiver.c(381) [receiver=3.4.1]'`;

Deno.test("if a bundle cannot be sent, the error gives the reason", async () => {
  const { here } = folders();
  const bundle = join(here, `${id}.tar.zst`);
  Deno.writeTextFileSync(bundle, "jobs");
  const failures: [Place, RegExp][] = [
    [
      { kind: "folder", path: "/nowhere/in" },
      /nowhere\/in .*No such file/,
    ],
    [{ kind: "command", argv: ["/nowhere/ship"] }, /exit status 127/],
    [
      { kind: "command", argv: ["/bin/sh", "-c", "echo no quota >&2; exit 3"] },
      /exit status 3: no quota/,
    ],
    [
      {
        kind: "command",
        argv: ["/bin/sh", "-c", `${rsyncOnFullDisk} >&2; exit 11`],
      },
      /exit status 11: rsync: .* No space left on device \(28\)$/,
    ],
  ];
  for (const [place, reason] of failures) {
    const error = await assertRejects(
      () => transportOf(place, "ALCF").send(bundle),
      TransportError,
    );
    assertEquals(reason.test(error.subject ?? ""), true, error.subject);
  }
});
