import type { Stuck } from "../lumberjack/report/stuck.ts";
import { writeTextDurably } from "../queue_log/mod.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";
import { count } from "./report.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export interface Json {
  /** The page. */
  readonly html: string;
  /** How many exports the page lists. */
  readonly exports: number;
  /** What is stuck, the most urgent first. */
  readonly stuck: readonly Stuck[];
}

/** `lumberjack report` */
export const command: Command = {
  name: "report",
  usage: ["report --html FILE [--days N]"],
  description:
    "One self-contained page, which needs no network and no script: problems first, the\n" +
    "exports over time, jobs by site and place, bytes and times. It replaces FILE.",
  flags: {
    html: { type: "string", value: "FILE", help: "the page" },
    days: {
      type: "number",
      value: "N",
      help: "how many days of the history it shows (default 30)",
    },
    ...queueFlags,
  },
  examples: [{
    does: "a page for the web server of the group",
    line: "lumberjack report --html /var/www/html/lumberjack.html",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const path = requireFlag(flags, "html");
    const days = flags.number("days") ?? 30;
    // The chart library is loaded only for this verb.
    const { pageData } = await import("../lumberjack/report/page/page_data.ts");
    const { renderPage } = await import("../lumberjack/report/page/page.ts");
    const queue = await openQueue(flags, { changes: false });
    try {
      const data = await pageData(queue, { days });
      writeTextDurably(path, renderPage(data), { mode: 0o644 });
      const { journeys, overview: { stuck } } = data;
      const exports = journeys.length;
      if (terminal.json) {
        terminal.printJson<Json>({ html: path, exports, stuck });
      } else {
        terminal.line(
          `${path}: ${count(exports, "export")}, ${stuck.length} stuck`,
        );
      }
      return ExitStatus.done;
    } finally {
      await queue.close();
    }
  },
};
