import { isExportId } from "../../export_dir/manifest.ts";
import { runProgram } from "./program.ts";
import type { Transport } from "./transport.ts";

/**
 * No questions: a pass runs while nobody is there. A second factor is given once,
 * to the control socket that the user's ssh configuration names (ControlPath).
 */
const ssh = "ssh -o BatchMode=yes -o ConnectTimeout=20";

/** Seconds without a byte after which rsync gives up. */
const silence = "120";

/**
 * Moves bundles by rsync over ssh. rsync writes under a temporary name and
 * renames, so a file with its name is complete.
 */
export function rsyncTransport(host: string, path: string): Transport {
  const rsync = ["rsync", "--times", `--timeout=${silence}`, "-e", ssh];
  const remedy =
    `try: ${ssh} ${host} true; if it asks for a password, set up a ` +
    "key or open the control socket";
  return {
    async send(file) {
      await runProgram([...rsync, "--", file, `${host}:${path}/`], remedy);
    },
    async receive(exportIds, folder) {
      const ids = exportIds.filter(isExportId);
      if (ids.length === 0) return;
      const wanted = ids.map((id) => `+ /${id}.*\n`).join("");
      await runProgram(
        [
          ...rsync,
          // The entries of the folder, and of these only plain files.
          ...["--dirs", "--no-links", "--no-devices", "--no-specials"],
          ...["--filter=. -", "--", `${host}:${path}/`, `${folder}/`],
        ],
        remedy,
        `${wanted}- *\n`,
      );
    },
  };
}
