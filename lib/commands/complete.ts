import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { candidatesFor, type CompletedVerbs } from "./complete_words.ts";

/** Returns `lumberjack complete`, which the scripts for the shells call. */
export function completeOf(verbs: CompletedVerbs): Command {
  return {
    name: "complete",
    usage: ["complete -- WORD..."],
    description:
      "The words are those behind the program's name; the last one is being typed. Prints\n" +
      "one candidate on each line, with a tab and a remark behind it. The lines `:files` and\n" +
      "`:folders` ask the shell for names of files.",
    flags: {},
    examples: [{
      does: "the verbs that begin with ex",
      line: "lumberjack complete -- ex",
    }],
    isForOutput: true,
    async run({ args, terminal }: Invocation): Promise<number> {
      for (const { text, remark } of await candidatesFor(args, verbs)) {
        terminal.line(remark === undefined ? text : `${text}\t${remark}`);
      }
      return ExitStatus.done;
    },
  };
}
