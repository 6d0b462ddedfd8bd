import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";

/** The shells that have a script. */
export const shells = ["bash", "zsh", "fish"] as const;

/** A shell that has a script. */
export type Shell = (typeof shells)[number];

/** `lumberjack completion` */
export const command: Command = {
  name: "completion",
  usage: ["completion bash|zsh|fish"],
  description:
    "Completes verbs, flags, files, export ids, job ids, sites, names of schedds, and the\n" +
    "names of attributes in constraints. The packages install the script for each shell.",
  flags: {},
  examples: [
    {
      does: "for this shell; put the line into ~/.bashrc for all shells",
      line: "source <(lumberjack completion bash)",
    },
  ],
  isForOutput: true,
  run({ args, terminal }: Invocation): number {
    const [given = "bash"] = args;
    const shell = shells.find((name) => name === given);
    if (shell === undefined) {
      throw new UsageError("no completion for this shell", {
        subject: given,
        remedy: `write ${shells.join(", ")}`,
      });
    }
    terminal.write(completionScript(shell));
    return ExitStatus.done;
  },
};

/**
 * Returns the script for a shell. It knows nothing itself: it asks
 * `lumberjack complete`, which knows the verbs, their flags and the queue.
 */
export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell];
}

// compgen is asked for files, because it knows ~ and folders. A candidate that
// ends in "/" or "=" is not complete, so no blank follows.
const bash = `# Completion of lumberjack for bash.
_lumberjack() {
  local line word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) COMPREPLY+=($(compgen -f -- "$word")); compopt -o filenames 2>/dev/null ;;
      :folders) COMPREPLY+=($(compgen -d -- "$word")); compopt -o filenames 2>/dev/null ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lumberjack lumberjack
`;

const zsh = `#compdef lumberjack
# Completion of lumberjack for zsh.
_lumberjack() {
  local line files
  local -a values texts
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :files) files=files ;;
      :folders) files=folders ;;
      *) values+=("\${line%%$'\\t'*}")
        texts+=("\${line/$'\\t'/  -- }") ;;
    esac
  done
  if [ "$files" = files ]; then _files; elif [ "$files" = folders ]; then _files -/; fi
  if [ \${#values} -gt 0 ]; then compadd -l -d texts -a values; fi
}
if [ "\${funcstack[1]}" = _lumberjack ]; then _lumberjack "$@"; else compdef _lumberjack lumberjack; fi
`;

const fish = `# Completion of lumberjack for fish.
function __lumberjack_complete
  set -l words (commandline --tokenize --cut-at-cursor)
  set -l word (commandline --current-token --cut-at-cursor)
  for line in (command lumberjack complete -- $words[2..-1] "$word" 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path "$word"
      case :folders
        __fish_complete_directories "$word"
      case '*'
        echo $line
    end
  end
end
complete --command lumberjack --no-files --arguments '(__lumberjack_complete)'
`;
