import { type Command, commonFlags, type Flags } from "./command.ts";

/** The text of `lumberjack VERB --help`. */
export function commandHelp(command: Command, summary: string): string {
  const parts = [
    `lumberjack ${command.name}: ${summary}`,
    section("Usage", command.usage.map((line) => `lumberjack ${line}`)),
  ];
  if (command.description) parts.push(command.description.trim());
  parts.push(flagSection("Flags", command.flags));
  parts.push(flagSection("Everywhere", commonFlags));
  parts.push(
    section(
      "Examples",
      command.examples.flatMap(({ line, does }) => [`# ${does}`, line]),
    ),
  );
  return parts.filter((part) => part !== "").join("\n\n") + "\n";
}

/** The text of `lumberjack --help`. */
export function programHelp(
  verbs: readonly { name: string; summary: string }[],
): string {
  const width = Math.max(...verbs.map((verb) => verb.name.length));
  return [
    "lumberjack: moves jobs out of an HTCondor queue and brings their results back",
    section(
      "Verbs (lumberjack VERB --help shows each one's flags)",
      verbs.map((verb) => `${verb.name.padEnd(width)}  ${verb.summary}`),
    ),
    section("Examples", [
      "# first of all: can jobs leave here? If not, what has to be changed?",
      "lumberjack doctor",
      "# let idle jobs leave: write a queue log for another schedd, lock the jobs here",
      "lumberjack export --constraint 'DESIRED_Sites == \"HPC\"' --out /data/out --remote-spool /hpc/spool",
      "# bring the results home",
      "lumberjack import --in /data/returned",
      "# list the jobs that are away",
      "lumberjack status",
    ]),
    section("More", [
      "lumberjack help configuration   the knobs for jobs that leave by themselves",
      "lumberjack completion bash      a script that completes what one types",
    ]),
    section("Exit status", [
      "0 done, 1 failed and nothing is half-done, 2 wrong usage, 3 nothing matched,",
      "4 done in part: each job that was left out is named with its reason",
    ]),
  ].join("\n\n") + "\n";
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}

function flagSection(title: string, flags: Flags): string {
  const rows = Object.entries(flags)
    .filter(([, flag]) => !flag.hidden)
    .map(([name, flag]) => {
      const short = (flag.aliases ?? []).filter((a) => a.length === 1);
      const value = flag.type === "boolean"
        ? ""
        : ` ${flag.value ?? "VALUE"}${flag.type === "list" ? "..." : ""}`;
      const names = [...short.map((s) => `-${s}`), `--${name}`].join(", ");
      return { left: names + value, help: flag.help };
    });
  if (rows.length === 0) return "";
  const width = Math.min(32, Math.max(...rows.map((r) => r.left.length)));
  return section(
    title,
    rows.map(({ left, help }) =>
      left.length > width
        ? `${left}\n  ${" ".repeat(width)}  ${help}`
        : `${left.padEnd(width)}  ${help}`
    ),
  );
}
