import {
  type Command,
  commonFlags,
  ExitStatus,
  type Flags,
  type Invocation,
  UsageError,
} from "./command.ts";
import { verbs } from "./verbs.ts";

/** `lumberjack completion` */
export const command: Command = {
  name: "completion",
  summary: "print a script that completes verbs, flags and files in the shell",
  usage: ["completion bash|zsh"],
  flags: {},
  examples: [
    {
      does: "for this shell, and with the same line in ~/.bashrc for all",
      line: "source <(lumberjack completion bash)",
    },
  ],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [shell = "bash"] = args;
    if (shell !== "bash" && shell !== "zsh") {
      throw new UsageError("no completion for this shell", {
        subject: shell,
        remedy: "write bash or zsh",
      });
    }
    terminal.write(await completionScript(shell));
    return ExitStatus.done;
  },
};

/** The script: a case for each verb, and the verbs themselves. */
async function completionScript(shell: "bash" | "zsh"): Promise<string> {
  const shown = verbs.filter((verb) => !verb.hidden);
  const cases = [];
  const values = new Map<string, readonly string[]>();
  for (const verb of shown) {
    const { flags } = await verb.load();
    for (const [name, { choices }] of Object.entries(flags)) {
      if (choices) values.set(name, choices);
    }
    const words = flagWords({ ...flags, ...commonFlags }).join(" ");
    cases.push(`    "${verb.name}") words="${words}" ;;`);
  }
  const first = [...new Set(shown.map((verb) => verb.name.split(" ")[0]))];
  const families = first.filter((word) =>
    shown.some((verb) => verb.name.startsWith(`${word} `))
  ).map((word) => {
    const second = shown.filter((v) => v.name.startsWith(`${word} `))
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
    '  case "$verb" in log) verb="$verb ${COMP_WORDS[2]}" ;; esac',
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
