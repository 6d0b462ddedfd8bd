/**
 * Whether two plain files in the current directory have the same contents. A
 * file that cannot be read, or is no plain file, is different.
 */
export function isSameContent(name: string, other: string): boolean {
  try {
    const there = Deno.lstatSync(other);
    if (!there.isFile || there.size !== Deno.lstatSync(name).size) return false;
    using mine = Deno.openSync(name, { read: true });
    using theirs = Deno.openSync(other, { read: true });
    return isSameStream(mine, theirs);
  } catch {
    return false;
  }
}

function isSameStream(mine: Deno.FsFile, theirs: Deno.FsFile): boolean {
  const [a, b] = [new Uint8Array(65536), new Uint8Array(65536)];
  for (;;) {
    const [n, m] = [fill(mine, a), fill(theirs, b)];
    if (n !== m) return false;
    for (let i = 0; i < n; i++) if (a[i] !== b[i]) return false;
    if (n < a.length) return true;
  }
}

function fill(file: Deno.FsFile, buffer: Uint8Array): number {
  let at = 0;
  while (at < buffer.length) {
    const count = file.readSync(buffer.subarray(at));
    if (count === null) break;
    at += count;
  }
  return at;
}
