import { join } from "@std/path";
import { TransportError } from "./transport.ts";

/** A small file to write to a site and to read back. */
export interface Probe extends Disposable {
  /** The file. */
  readonly path: string;
  /** A private folder, which is removed with the probe. */
  readonly folder: string;
  /** Throws {@linkcode TransportError} if another file came back. */
  compare(back: string, place: string): void;
}

/** Writes a small file whose name no pass takes for a bundle. */
export function writeProbe(): Probe {
  const folder = Deno.makeTempDirSync({ prefix: "lumberjack-check-" });
  const text = `lumberjack sites check ${crypto.randomUUID()}\n`;
  const path = join(folder, `lumberjack-check-${crypto.randomUUID()}`);
  Deno.writeTextFileSync(path, text);
  return {
    path,
    folder,
    compare(back, place) {
      if (Deno.readTextFileSync(back) === text) return;
      throw new TransportError("another file came back than was written", {
        subject: place,
        remedy: "check the disk there, and who else writes into the folder",
      });
    },
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}
