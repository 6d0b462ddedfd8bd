import {
  type Command,
  commonFlags,
  ExitStatus,
  type Flags,
  type Invocation,
  UsageError,
} from "./command.ts";

/** The verbs that completion offers, each with the way to load its flags. */
export type CompletedVerbs = readonly {
  readonly name: string;
  load(): Promise<Pick<Command, "flags">>;
}[];

/** Returns `lumberjack completion` for these verbs. */
export function completionOf(verbs: CompletedVerbs): Command {
  return {
    name: "completion",
    summary:
      "print a script that completes verbs, flags and files in the shell",
    usage: ["completion bash|zsh"],
    flags: {},
    examples: [
      {
        does: "for this shell; put the line into ~/.bashrc for all shells",
        line: "source <(lumberjack completion bash)",
      },
    ],
    isForOutput: true,
    async run({ args, terminal }: Invocation): Promise<number> {
      const [shell = "bash"] = args;
      if (shell !== "bash" && shell !== "zsh") {
        throw new UsageError("no completion for this shell", {
          subject: shell,
          remedy: "write bash or zsh",
        });
      }
      terminal.write(await completionScript(verbs, shell));
      return ExitStatus.done;
    },
  };
}

/** Returns the script: a case for each verb, and the verbs themselves. */
async function completionScript(
  verbs: CompletedVerbs,
  shell: "bash" | "zsh",
): Promise<string> {
  const cases = [];
  const values = new Map<string, readonly string[]>();
  for (const verb of verbs) {
    const { flags } = await verb.load();
    for (const [name, { choices }] of Object.entries(flags)) {
      if (choices) values.set(name, choices);
    }
    const words = flagWords({ ...flags, ...commonFlags }).join(" ");
    cases.push(`    "${verb.name}") words="${words}" ;;`);
  }
  const first = [...new Set(verbs.map((verb) => verb.name.split(" ")[0]))];
  const twoWords = first.filter((word) =>
    verbs.some((verb) => verb.name.startsWith(`${word} `))
  );
  const families = twoWords.map((word) => {
    const second = verbs.filter((v) => v.name.startsWith(`${word} `))
      .map((v) => v.name.split(" ")[1]);
    return `    "${word}") words="${second.join(" ")}" ;;`;
  });
  return [
    ...(shell === "zsh" ? ["autoload -U bashcompinit && bashcompinit"] : []),
    "_lumberjack() {",
    '  local word="${COMP_WORDS[COMP_CWORD]}" words verb="${COMP_WORDS[1]}"',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${
      first.join(" ")
    } --help --version" -- "$word"))`,
    "    return",
    "  fi",
    '  if [ "$COMP_CWORD" -eq 2 ]; then case "$verb" in',
    ...families,
    "  esac; fi",
    '  if [ -n "$words" ]; then',
    '    COMPREPLY=($(compgen -W "$words" -- "$word"))',
    "    return",
    "  fi",
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...[...values].map(([name, choices]) =>
      `    --${name}) COMPREPLY=($(compgen -W "${
        choices.join(" ")
      }" -- "$word")); return ;;`
    ),
    "  esac",
    `  case "$verb" in ${
      twoWords.join("|")
    }) verb="$verb \${COMP_WORDS[2]}" ;; esac`,
    '  case "$verb" in',
    ...cases,
    "  esac",
    '  case "$word" in',
    '    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;',
    '    *) COMPREPLY=($(compgen -f -- "$word")) ;;',
    "  esac",
    "}",
    "complete -o filenames -F _lumberjack lumberjack",
    "",
  ].join("\n");
}

function flagWords(flags: Flags): string[] {
  return Object.entries(flags)
    .filter(([, flag]) => !flag.hidden)
    .map(([name]) => `--${name}`);
}
