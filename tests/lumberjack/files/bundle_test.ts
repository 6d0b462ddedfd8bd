import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  createBundle,
  extractBundle,
  verifyTree,
} from "../../../lib/lumberjack/files/bundle.ts";
import { readBundle } from "../../../lib/lumberjack/files/tree/bundle_reader.ts";
import { TreeError } from "../../../lib/lumberjack/files/tree/entry.ts";
import { readSteadily } from "../../../lib/lumberjack/files/tree/steady_file.ts";

const forms = ["tar", "tar.gz", "tar.zst"];

/** Makes a temporary folder for one test. */
function folder(): string {
  return Deno.makeTempDirSync({ prefix: "lumberjack-test-" });
}

async function sh(lines: string, cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", lines],
    cwd,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}

/**
 * Returns names, kinds, modes, times and checksums of everything below a
 * folder.
 */
async function picture(path: string): Promise<string> {
  const list =
    "find . -mindepth 1 ! -name SHA256SUMS -printf '%p %y %m %Ts\\n'";
  const sums = "find . -type f ! -name SHA256SUMS -exec sha256sum {} +";
  return await sh(`${list} | sort; ${sums} | sort`, path);
}

async function makeTree(top: string): Promise<string> {
  await sh(
    `mkdir -p in/a/b in/empty in/${"d".repeat(120)}
    echo hello >in/a/b/run.sh; chmod 750 in/a/b/run.sh; touch -d @1700000000 in/a/b/run.sh
    printf 'x' >'in/with blank and ü'; : >in/zero; chmod 400 in/zero
    head -c 300000 /dev/urandom >in/${"d".repeat(120)}/${"f".repeat(200)}
    printf '%s' back >'in/back\\slash'`,
    top,
  );
  return join(top, "in");
}

for (const form of forms) {
  Deno.test(`a tree that is packed into a .${form} and extracted again is unchanged`, async () => {
    const top = folder();
    const tree = await makeTree(top);
    const bundle = join(top, `out.${form}`);
    const made = await createBundle(tree, bundle);
    assertEquals(made.files, 6);
    assertEquals((await verifyTree(bundle)).files, 6);
    await extractBundle(bundle, join(top, "back"));
    assertEquals(await picture(join(top, "back")), await picture(tree));
    await Deno.remove(top, { recursive: true });
  });

  Deno.test(`GNU tar extracts a .${form}, and sha256sum confirms its checksums`, async () => {
    const top = folder();
    const tree = await makeTree(top);
    await createBundle(tree, join(top, `out.${form}`));
    await sh(`mkdir gnu; tar xf out.${form} -C gnu`, top);
    assertEquals(await picture(join(top, "gnu")), await picture(tree));
    const said = await sh("sha256sum -c SHA256SUMS", join(top, "gnu"));
    assertEquals(said.match(/: OK$/gm)?.length, 5);
    await Deno.remove(top, { recursive: true });
  });

  Deno.test(`a .${form} that was cut off at any place is refused`, async () => {
    const top = folder();
    const tree = await makeTree(top);
    const bundle = join(top, `out.${form}`);
    await createBundle(tree, bundle);
    const bytes = await Deno.readFile(bundle);
    // After the last entry of a plain archive there is only padding.
    const end = form === "tar" ? bytes.length - 1024 : bytes.length;
    for (let at = 0; at < end - 1; at += 20011) {
      await Deno.writeFile(join(top, `cut.${form}`), bytes.subarray(0, at));
      await assertRejects(
        () => extractBundle(join(top, `cut.${form}`), join(top, "cut")),
        TreeError,
      );
      await assertRejects(() => Deno.lstat(join(top, "cut")));
    }
    await Deno.remove(top, { recursive: true });
  });
}

Deno.test("a bundle with one changed byte is refused, and no file of it stays", async () => {
  const top = folder();
  const tree = await makeTree(top);
  const bundle = join(top, "out.tar");
  await createBundle(tree, bundle);
  const bytes = await Deno.readFile(bundle);
  const hello = new TextDecoder("latin1").decode(bytes).indexOf("hello\n");
  bytes[hello] ^= 1;
  await Deno.writeFile(bundle, bytes);
  const error = await assertRejects(
    () => extractBundle(bundle, join(top, "back")),
    TreeError,
    "a file was changed",
  );
  assertEquals(error.subject, "a/b/run.sh");
  await assertRejects(() => Deno.lstat(join(top, "back")));
  await Deno.remove(top, { recursive: true });
});

const hostile: Record<string, string> = {
  "a symbolic link": "ln -s /etc/passwd in/link",
  "a hard link": "echo x >in/one; ln in/one in/two",
  "a pipe": "mkfifo in/pipe",
};

for (const [what, make] of Object.entries(hostile)) {
  Deno.test(`a bundle with ${what} is refused, and no file of it stays`, async () => {
    const top = folder();
    await sh(`mkdir in; ${make}; tar cf evil.tar -C in .`, top);
    await assertRejects(
      () => extractBundle(join(top, "evil.tar"), join(top, "back")),
      TreeError,
    );
    await assertRejects(() => Deno.lstat(join(top, "back")));
    await Deno.remove(top, { recursive: true });
  });
}

Deno.test("a bundle with paths that lead out of the folder is refused, and writes nothing outside", async () => {
  const top = folder();
  for (const name of ["../outside", "/tmp/lumberjack-outside", "a/../../b"]) {
    await sh(
      `echo x >inside; tar cPf evil.tar --transform 's|^inside$|${name}|' inside`,
      top,
    );
    await assertRejects(
      () => extractBundle(join(top, "evil.tar"), join(top, "back")),
      TreeError,
      "a path that must not be",
    );
    await assertRejects(() => Deno.lstat(join(top, "back")));
  }
  assertEquals(
    [...Deno.readDirSync(top)].map(({ name }) => name).sort(),
    ["evil.tar", "inside"],
  );
  await Deno.remove(top, { recursive: true });
});

Deno.test("a bundle without SHA256SUMS, or with files after SHA256SUMS, is refused", async () => {
  const top = folder();
  await sh("mkdir in; echo x >in/x; tar cf none.tar -C in x", top);
  await assertRejects(
    () => verifyTree(join(top, "none.tar")),
    TreeError,
    "the tree was cut",
  );
  await sh(
    "cd in; sha256sum x >SHA256SUMS; tar cf ../behind.tar SHA256SUMS x; tar cf ../good.tar x SHA256SUMS",
    top,
  );
  await assertRejects(
    () => verifyTree(join(top, "behind.tar")),
    TreeError,
    "something comes after",
  );
  assertEquals((await verifyTree(join(top, "good.tar"))).files, 2);
  await Deno.remove(top, { recursive: true });
});

Deno.test("an existing bundle, or a folder that is not empty, is never overwritten", async () => {
  const top = folder();
  const tree = await makeTree(top);
  const bundle = join(top, "out.tar");
  await createBundle(tree, bundle);
  await assertRejects(() => createBundle(tree, bundle), TreeError, "exists");
  await assertRejects(() => extractBundle(bundle, tree), TreeError, "empty");
  await Deno.remove(top, { recursive: true });
});

Deno.test("if a file changes while it is read, reading fails", async () => {
  const top = folder();
  for (
    const change of ["printf more >>big", "printf x | dd of=big conv=notrunc"]
  ) {
    await sh("head -c 1000000 /dev/zero >big; touch -d @1700000000 big", top);
    using file = readSteadily(join(top, "big"), { follow: false });
    const pieces = file.pieces();
    await pieces.next();
    await sh(`${change} 2>/dev/null`, top);
    await assertRejects(
      async () => {
        for await (const _piece of pieces);
      },
      TreeError,
      "a file changed while it was read",
    );
  }
  await Deno.remove(top, { recursive: true });
});

Deno.test("if a pipe stands in the place of a bundle or an input, the command fails and does not wait", async () => {
  const top = folder();
  await sh("mkdir in; mkfifo in/pipe out.tar", top);
  await assertRejects(() => verifyTree(join(top, "out.tar")), TreeError);
  await assertRejects(
    () => createBundle(join(top, "in"), join(top, "made.tar")),
    TreeError,
    "only plain files",
  );
  assertEquals([...Deno.readDirSync(top)].length, 2);
  await Deno.remove(top, { recursive: true });
});

Deno.test("a reader of a bundle may skip the contents of an entry, even if they are large", async () => {
  const top = folder();
  const tree = await makeTree(top);
  const bundle = join(top, "out.tar.zst");
  await createBundle(tree, bundle);
  const paths: string[] = [];
  for await (const { path } of readBundle(bundle)) paths.push(path);
  assertEquals(paths.filter((path) => path === "SHA256SUMS").length, 1);
  await Deno.remove(top, { recursive: true });
});
