import { resolve } from "@std/path";
import { type Carried, carry } from "../lumberjack/site/carry.ts";
import { readPlace, WrongValue } from "../lumberjack/site/knob_values.ts";
import type { Place } from "../lumberjack/site/site.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = Carried;

/** `lumberjack remote carry` */
export const command: Command = {
  name: "remote carry",
  usage: ["remote carry --ship PLACE --fetch PLACE --in DIR --out DIR"],
  description:
    "For a crontab on the login node, if only the site may open connections. Brings the\n" +
    "bundles and lists of cancelled jobs that passes at home have put into the folder SHIP,\n" +
    "and sends bundles whose names begin with an export's id to the folder FETCH. A bundle\n" +
    "arrives once only. Two runs never overlap. PLACE is /a/folder or rsync:HOST:/a/folder.",
  flags: {
    ship: {
      type: "string",
      value: "PLACE",
      help: "where passes at home put bundles for this site",
    },
    fetch: {
      type: "string",
      value: "PLACE",
      help: "where passes at home look for bundles from this site",
    },
    in: { type: "string", value: "DIR", help: "where bundles arrive here" },
    out: { type: "string", value: "DIR", help: "bundles that go home" },
  },
  examples: [{
    does: "every five minutes, in a crontab",
    line: "lumberjack remote carry --ship rsync:submit:/srv/alcf/ship " +
      "--fetch rsync:submit:/srv/alcf/fetch --in in --out out",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const carried = await carry({
      ship: placeOf(flags, "ship"),
      fetch: placeOf(flags, "fetch"),
      in: resolve(requireFlag(flags, "in")),
      out: resolve(requireFlag(flags, "out")),
    });
    if (terminal.json) terminal.printJson<Json>(carried);
    else {
      const { isBusy, arrived, sent, unknown } = carried;
      if (isBusy) terminal.message("another run carries bundles; nothing done");
      for (const name of arrived) terminal.line(`arrived: ${name}`);
      for (const name of sent) terminal.line(`sent: ${name}`);
      for (const name of unknown) {
        terminal.message(
          `${name} is not sent: its name has to begin with the export's id`,
        );
      }
    }
    return carried.unknown.length > 0 ? ExitStatus.partial : ExitStatus.done;
  },
};

function placeOf(flags: FlagValues, name: string): Place {
  const text = requireFlag(flags, name);
  try {
    return readPlace(text);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    throw new UsageError(error.message, {
      subject: `--${name} ${text}`,
      remedy: error.remedy,
    });
  }
}
