/**
 * Services for tests of calls to a child process. If this file is run as a
 * program, it is such a child process.
 *
 * @module
 */
import { serve } from "../../../../lib/lumberjack/files/owner/serve.ts";
import type { Services } from "../../../../lib/lumberjack/files/owner/service.ts";
import { TreeError } from "../../../../lib/lumberjack/files/tree/entry.ts";

/** Services that do nothing useful. */
export const testServices: Services = {
  /** Returns the parameters and the bytes that it gets. */
  echo: (params, { body }) => ({ result: params, body }),
  /** Counts the bytes that it gets. */
  count: async (_, { body }) => {
    let count = 0;
    for await (const piece of body) count += piece.length;
    return { result: count };
  },
  /** Fails before it reads anything. */
  refuse: () => {
    throw new TreeError("cannot do it", {
      subject: "a\nb",
      remedy: "do not ask",
    });
  },
  /** Sends some bytes, then fails. */
  breakOff: () => ({
    result: "begun",
    body: (function* () {
      yield new Uint8Array(300_000);
      throw new TreeError("the disk is gone");
    })(),
  }),
  /** Works for five seconds, silently or with signs of life. */
  wait: async (params, { alive }) => {
    for (let at = 0; at < 50; at++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (params === "alive") alive();
    }
    return { result: "done" };
  },
  /** Ends the process. */
  die: () => {
    console.error("lumberjack: it hurts");
    Deno.exit(7);
  },
  /** Writes bytes that are not a frame. */
  lie: () => {
    Deno.stdout.writeSync(new TextEncoder().encode("Z\0\0\0\x01x"));
    return { result: null };
  },
};

if (import.meta.main) await serve(Deno.stdin, Deno.stdout, testServices);
