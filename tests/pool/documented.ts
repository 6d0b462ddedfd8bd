/**
 * Reads from docs/automation.md what an administrator writes and types there.
 *
 * @module
 */

/** What docs/automation.md tells a new administrator. */
export interface Documented {
  /** The lines of the configuration, in order. */
  readonly lines: readonly string[];
  /** The commands that root types after that, in order. */
  readonly commands: readonly string[];
  /** How a bundle is run where HTCondor is at hand, with BUNDLE, DIR and ID. */
  readonly runThere: string;
}

/** Reads the page. Throws an error if something of it is not found. */
export async function readDocumented(): Promise<Documented> {
  const url = new URL("../../docs/automation.md", import.meta.url);
  const page = await Deno.readTextFile(url);
  const find = (what: string, pattern: RegExp): string => {
    const found = pattern.exec(page)?.[1];
    if (found !== undefined) return found;
    throw new Error(`docs/automation.md has no longer ${what}`);
  };
  const section = "^## What do I write into the configuration\\?\\n";
  const lines = find(
    "the lines of the configuration",
    new RegExp(`${section}[^]*?^\`\`\`\\n([^]*?)^\`\`\`$`, "m"),
  );
  const commands = find(
    "the commands after that",
    new RegExp(`${section}[^]*?^\`\`\`console\\n([^]*?)^\`\`\`$`, "m"),
  );
  const runThere = find(
    "the command that runs a bundle",
    /^`(lumberjack remote run --in BUNDLE --spool DIR --out \S+)`/m,
  );
  return {
    lines: lines.trim().split("\n"),
    commands: commands.trim().split("\n")
      .map((line) => line.replace(/^# /, "").replace(/ +#.*$/, "")),
    runThere,
  };
}

/** Returns the value of a knob of the documented lines. */
export function knob({ lines }: Documented, name: string): string {
  const line = lines.find((line) => line.startsWith(`${name} = `));
  if (line === undefined) throw new Error(`no line sets ${name}`);
  return line.slice(name.length + 3);
}
