/**
 * The rooms of lib/, and which room may import which. CONTRIBUTING.md shows the
 * same for people. tests/house/rooms_test.ts checks the code.
 *
 * @module
 */
import { dirname, join, relative } from "@std/path";

/**
 * Every room, the lowest first. A file may import files of its own room and of
 * the rooms in `imports`, and no others.
 */
export const rooms: readonly Room[] = [
  { folder: "lib/npm", imports: [] },
  { folder: "lib/classad", imports: [] },
  { folder: "lib/terminal", imports: [] },
  { folder: "lib/queue_log", imports: ["lib/classad"] },
  { folder: "lib/user_log", imports: ["lib/classad"] },
  { folder: "lib/cedar", imports: ["lib/classad"] },
  { folder: "lib/condor", imports: ["lib/classad", "lib/cedar"] },
  ...lumberjackRooms([
    // The files directly in lib/lumberjack: errors, the version, slips in words.
    "",
    "job",
    "export_dir",
    "queue",
    "files",
    "export",
    "import",
    "site",
    "remote",
    "report",
  ]),
  { folder: "lib/commands", imports: ["lib"] },
];

/** A folder, and the folders that its files may import. */
export interface Room {
  /** The folder, relative to the checkout. */
  readonly folder: string;
  /**
   * The other folders that files here may import, with all folders below them.
   */
  readonly imports: readonly string[];
}

/**
 * Returns the rooms of lib/lumberjack. Each may import the rooms before it in
 * `names`.
 */
function lumberjackRooms(names: readonly string[]): Room[] {
  const libraries = [
    "lib/classad",
    "lib/queue_log",
    "lib/user_log",
    "lib/cedar",
    "lib/condor",
  ];
  const folders = names.map((name) => join("lib/lumberjack", name));
  return folders.map((folder, index) => ({
    folder,
    imports: [...libraries, ...folders.slice(0, index)],
  }));
}

/** An import that the rooms do not allow. */
export interface WrongImport {
  /** The file that imports. */
  readonly from: string;
  /** The file that it imports. */
  readonly to: string;
}

/** The imports between files: each file, with the files that it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the imports of TypeScript files in `checkout`. `files` are relative to
 * it. Imports of packages are left out, and so are the examples in comments.
 */
export async function readImports(
  checkout: string,
  files: readonly string[],
): Promise<Imports> {
  const imports = new Map<string, readonly string[]>();
  for (const file of files) {
    const text = await Deno.readTextFile(join(checkout, file));
    const folder = dirname(join(checkout, file));
    imports.set(
      file,
      importedPaths(text).map((path) => relative(checkout, join(folder, path))),
    );
  }
  return imports;
}

/** Returns the relative paths that a source imports or re-exports. */
export function importedPaths(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
  const path = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]*)"/g;
  return [...code.matchAll(path)].map(([, path]) => path);
}

/** Returns the room of a file: the innermost folder that is a room. */
function roomOf(file: string): Room | undefined {
  return rooms.filter(({ folder }) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

/** Returns the imports that the rooms do not allow. */
export function upwardImports(imports: Imports): WrongImport[] {
  const wrong: WrongImport[] = [];
  for (const [from, targets] of imports) {
    const room = roomOf(from);
    if (room === undefined) continue;
    for (const to of targets) {
      const target = roomOf(to)?.folder;
      if (target === room.folder) continue;
      if (
        target === undefined ||
        !room.imports.some((name) => isWithin(target, name))
      ) wrong.push({ from, to });
    }
  }
  return wrong;
}

function isWithin(folder: string, parent: string): boolean {
  // The files directly in lib/lumberjack are a room. Its folders are other
  // rooms.
  if (parent === "lib/lumberjack") return folder === parent;
  return folder === parent || folder.startsWith(`${parent}/`);
}

/**
 * Returns circles of imports. Each is a list of files in which each file
 * imports the next, and the last imports the first. Dynamic imports count too.
 */
export function importCircles(imports: Imports): string[][] {
  const done = new Set<string>();
  const path: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      circles.push(path.slice(start));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}
