/**
 * Manual pages in the form that `man` reads (the man macros of troff), made
 * from the same objects as `lumberjack VERB --help`.
 *
 * @module
 */
import { commonFlags, type Flags } from "../../lib/commands/command.ts";
import type { DescribedVerb } from "../../lib/commands/verbs.ts";
import {
  knobUnits,
  type ListedKnob,
  ownKnobs,
  readKnobs,
} from "../../lib/commands/knobs_help.ts";

/** What every page of one build has in its head. */
export interface Edition {
  /** The version of Lumberjack. */
  readonly version: string;
  /** The day of the release, `YYYY-MM-DD`. */
  readonly date: string;
}

/** A page: the name of its file, and its text. */
export interface ManPage {
  /** Such as `lumberjack-export.1`. */
  readonly file: string;
  readonly text: string;
}

/** Returns the page of one verb. */
export function verbPage(command: DescribedVerb, edition: Edition): ManPage {
  const name = `lumberjack-${command.name.replace(" ", "-")}`;
  return page(name, 1, edition, [
    section("NAME", prose(`${name} - ${command.summary}`)),
    section("SYNOPSIS", command.usage.map(synopsis).join("\n.br\n")),
    section("DESCRIPTION", paragraphs(command.description ?? command.summary)),
    section("OPTIONS", flagList(command.flags)),
    section("OPTIONS OF EVERY VERB", flagList(commonFlags)),
    section(
      "EXAMPLES",
      command.examples.map(({ line, does }) =>
        `${prose(`${sentence(does)}:`)}\n.PP\n.in +4n\n.nf\n${
          protect(text(line))
        }\n.fi\n.in`
      ).join("\n.PP\n"),
    ),
    exitStatus,
    section(
      "SEE ALSO",
      `${reference("lumberjack", 1)},\n${
        reference("lumberjack-configuration", 5)
      }`,
    ),
  ]);
}

/** Returns the page of the program, which lists the verbs. */
export function programPage(
  commands: readonly DescribedVerb[],
  edition: Edition,
): ManPage {
  const verbs = commands.map(({ name, summary }) =>
    item(reference(`lumberjack-${name.replace(" ", "-")}`, 1), prose(summary))
  );
  return page("lumberjack", 1, edition, [
    section(
      "NAME",
      "lumberjack \\- moves jobs out of an HTCondor queue and brings their results back",
    ),
    section("SYNOPSIS", "\\fBlumberjack\\fR \\fIVERB\\fR [\\fIFLAGS\\fR]"),
    section(
      "DESCRIPTION",
      paragraphs(
        "Lumberjack moves jobs out of one HTCondor queue into another, and brings their\n" +
          "results back. The jobs run under a temporary schedd at a place that has no\n" +
          "inbound network, no HTCondor and its own batch system, such as an HPC centre.\n" +
          "While they are away they stay in the local queue, locked.\n\n" +
          "`lumberjack doctor` says whether this host can do it, and what to change if not.",
      ),
    ),
    section("VERBS", verbs.join("\n")),
    section("OPTIONS OF EVERY VERB", flagList(commonFlags)),
    exitStatus,
    section(
      "FILES",
      [
        item(
          bold("/usr/share/doc/lumberjack"),
          "documentation, and examples of configuration",
        ),
        item(
          bold("/var/lib/lumberjack"),
          "exports and bundles, if LUMBERJACK_DIR says so",
        ),
      ].join("\n"),
    ),
    section("SEE ALSO", reference("lumberjack-configuration", 5)),
  ]);
}

/** Returns the page of the configuration knobs. */
export function configurationPage(edition: Edition): ManPage {
  const own = ownKnobs().map(({ name, meaning, ifNotSet }: ListedKnob) =>
    item(
      bold(name),
      prose(
        `${sentence(meaning)}. ` + (ifNotSet === mustBeSet
          ? "It has to be set."
          : `If it is not set: ${ifNotSet}.`),
      ),
    )
  );
  const htcondor = readKnobs().map(({ name, value }) =>
    item(
      bold(name),
      value === "" ? "no default" : breakable(prose(`default: ${value}`)),
    )
  );
  return page("lumberjack-configuration", 5, edition, [
    section(
      "NAME",
      "lumberjack\\-configuration \\- configuration knobs of Lumberjack",
    ),
    section(
      "DESCRIPTION",
      paragraphs(
        "Lumberjack is configured in HTCondor's own configuration, with knobs whose names\n" +
          "begin with LUMBERJACK_. <SITE> stands for a name in LUMBERJACK_SITES.\n\n" +
          knobUnits,
      ),
    ),
    section("KNOBS OF LUMBERJACK", own.join("\n")),
    section(
      "KNOBS OF HTCONDOR",
      paragraphs(
        "Lumberjack reads these, to find a schedd and to prove who it is. HTCondor's manual\n" +
          "describes them.",
      ) + "\n" + htcondor.join("\n"),
    ),
    section(
      "SEE ALSO",
      ["lumberjack", "lumberjack-sites", "lumberjack-cron"]
        .map((name) => reference(name, 1)).join(",\n"),
    ),
  ]);
}

/** What knob_help.ts says of a knob without a default. */
const mustBeSet = "has to be set";

const exitStatus = `.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed, and nothing is half\\-done
.TP
.B 2
wrong usage
.TP
.B 3
nothing matched
.TP
.B 4
done in part: each job that was left out is named with its reason`;

function page(
  name: string,
  number: number,
  { version, date }: Edition,
  sections: readonly string[],
): ManPage {
  const head =
    `.TH ${name.toUpperCase()} ${number} ${date} "Lumberjack ${version}" Lumberjack`;
  // Ragged lines, no hyphens: a flag that is broken in two cannot be copied.
  const body = sections.filter((part) => part !== "").join("\n");
  return {
    file: `${name}.${number}`,
    text: `${head}\n.nh\n.ad l\n${body}\n`,
  };
}

function section(title: string, body: string): string {
  return body === "" ? "" : `.SH ${title}\n${body}`;
}

function item(term: string, body: string): string {
  return `.TP\n${term}\n${body}`;
}

function flagList(flags: Flags): string {
  return Object.entries(flags).filter(([, flag]) => !flag.hidden)
    .map(([name, { type, value, aliases = [], choices, help }]) => {
      const short = aliases.filter((alias) => alias.length === 1);
      const names = [...short.map((letter) => `-${letter}`), `--${name}`]
        .map(bold).join(", ");
      const argument = type === "boolean"
        ? ""
        : ` ${italic(value ?? "VALUE")}${type === "list" ? "..." : ""}`;
      const words = choices
        ? ` (${choices.map((word) => `\`${word}\``).join(" or ")})`
        : "";
      return item(names + argument, prose(help + words));
    }).join("\n");
}

/** A line of usage: what is typed as it stands is bold, the rest italic. */
function synopsis(line: string): string {
  const [verb, rest] = /^([a-z ]*[a-z])(.*)$/.exec(line)?.slice(1) ?? [line];
  const flags = escape(rest ?? "").replace(
    /(\\-\\-?[a-z][a-z\\-]*)|\b([A-Z][A-Z\\-]*)\b/g,
    (_, flag, value) => flag ? `\\fB${flag}\\fR` : `\\fI${value}\\fR`,
  );
  return `\\fBlumberjack ${escape(verb)}\\fR${flags}`;
}

/** Paragraphs, which an empty line separates. */
function paragraphs(plain: string): string {
  return plain.trim().split(/\n\s*\n/)
    .map(prose)
    .join("\n.PP\n");
}

/** Text in lines of at most 78 characters. A sentence begins a line. */
function prose(plain: string): string {
  const lines: string[] = [];
  for (const part of plain.trim().split(/(?<=[.:?!])\s+(?=[A-Z])/)) {
    lines.push("");
    for (const word of part.split(/\s+/)) {
      const line = lines[lines.length - 1];
      if (line !== "" && text(line).length + text(word).length > 77) {
        lines.push(word);
      } else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return protect(text(lines.join("\n")));
}

/** Text with code between backticks, which becomes bold. */
function text(plain: string): string {
  return escape(plain).replace(/`([^`]+)`/gs, "\\fB$1\\fR");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function bold(plain: string): string {
  return `\\fB${escape(plain)}\\fR`;
}

function italic(plain: string): string {
  return `\\fI${escape(plain)}\\fR`;
}

function reference(name: string, section: number): string {
  return `${bold(name)}(${section})`;
}

/** Characters that troff reads as something else. */
function escape(plain: string): string {
  return plain.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq").replaceAll("~", "\\(ti").replaceAll("^", "\\(ha")
    .replaceAll("…", "...");
}

/** Lets troff break a long regular expression between its alternatives. */
function breakable(text: string): string {
  return text.replaceAll("|", "|\\:");
}

/** A line that begins with a dot would be a command. */
function protect(lines: string): string {
  return lines.replace(/^\./gm, "\\&.");
}

/** All pages: the program, each verb that help lists, and the configuration. */
export function manPages(
  commands: readonly DescribedVerb[],
  edition: Edition,
): readonly ManPage[] {
  return [
    programPage(commands, edition),
    ...commands.map((command) => verbPage(command, edition)),
    configurationPage(edition),
  ];
}
