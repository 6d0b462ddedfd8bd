import { createHash } from "node:crypto";
import { DamagedTreeError, type TreeEntry, TreeError } from "./entry.ts";
import { treePathProblem } from "./path.ts";
import { parseSums, sumLine, sumsName } from "./sums.ts";
import { Scratch } from "./scratch.ts";

/** What a tree held. */
export interface TreeTotals {
  /** How many plain files, SHA256SUMS included. */
  readonly files: number;
  /** How many bytes in them. */
  readonly bytes: number;
}

/**
 * Passes the entries of a tree on and checks each file against SHA256SUMS, which
 * has to be the last entry and has to name every file. If the tree was cut or
 * changed, this throws {@linkcode TreeError} at the end. Then the caller has to
 * remove the entries that it has written.
 *
 * Memory does not grow with the number of files. The checksums are kept in a
 * temporary file, which is read only if something is wrong or the order differs.
 */
export async function* checkedTree(
  entries: AsyncIterable<TreeEntry>,
  tell: (totals: TreeTotals) => void = () => {},
): AsyncGenerator<TreeEntry> {
  using computed = new Scratch();
  using written = new Scratch();
  let files = 0, bytes = 0, ended = false;
  for await (const entry of entries) {
    if (ended) throw notLast(entry.path);
    if (entry.kind === "folder") {
      yield entry;
      continue;
    }
    files++;
    bytes += entry.size;
    if (entry.path === sumsName) {
      ended = true;
      yield {
        ...entry,
        body: recorded(entry.body, written),
        bytes: undefined,
      };
    } else {
      yield {
        ...entry,
        body: summed(entry.path, entry.body, computed),
        bytes: undefined,
      };
    }
  }
  if (!ended) throw cut();
  if (computed.sha256() !== written.sha256()) compare(computed, written);
  tell({ files, bytes });
}

async function* recorded(
  body: AsyncIterable<Uint8Array>,
  written: Scratch,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    written.write(piece);
    yield piece;
  }
}

async function* summed(
  path: string,
  body: AsyncIterable<Uint8Array>,
  computed: Scratch,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
  computed.write(new TextEncoder().encode(sumLine(hash.digest("hex"), path)));
}

/** Throws an error that names the first file that differs. The order may differ. */
function compare(computed: Scratch, written: Scratch): void {
  const said = parseSums(written.text());
  const found = parseSums(computed.text());
  for (const [path, digest] of said) {
    const problem = treePathProblem(path);
    if (problem !== undefined) throw wrong("names no file of the tree", path);
    if (!found.has(path)) throw wrong("is missing", path);
    if (found.get(path) !== digest) throw wrong("was changed", path);
    found.delete(path);
  }
  for (const path of found.keys()) {
    throw wrong(`is not in ${sumsName}`, path);
  }
}

function wrong(what: string, path: string): TreeError {
  return new DamagedTreeError(`a file ${what}`, { subject: path });
}

function cut(): TreeError {
  return new DamagedTreeError("the tree was cut", {
    subject: `${sumsName} is missing, which comes last`,
  });
}

function notLast(path: string): TreeError {
  return new TreeError(`something comes after ${sumsName}`, {
    subject: path,
    remedy: "do not trust its sender",
  });
}
