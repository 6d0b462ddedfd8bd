import { isExportId } from "../../export_dir/manifest.ts";
import { checkBySsh } from "./check_ssh.ts";
import { runProgram } from "./program.ts";
import { requireControlSocket, ssh, sshRemedy } from "./ssh.ts";
import type { Transport } from "./transport.ts";

/** Seconds without a byte after which rsync gives up. */
const silence = "120";

/** rsync, up to the files. */
export const rsync: readonly string[] = [
  ...["rsync", "--times", `--timeout=${silence}`, "-e", ssh.join(" ")],
];

/**
 * Moves bundles by rsync over ssh. rsync writes under a temporary name and
 * renames, so a file with its name is complete.
 */
export function rsyncTransport(host: string, path: string): Transport {
  const remedy = sshRemedy(host);
  return {
    async send(file) {
      await requireControlSocket(host);
      const argv = [...rsync, "--", file, `${host}:${path}/`];
      await runProgram(argv, { remedy });
    },
    async receive(exportIds, folder) {
      const ids = exportIds.filter(isExportId);
      if (ids.length === 0) return;
      await requireControlSocket(host);
      const wanted = ids.map((id) => `+ /${id}.*\n`).join("");
      await runProgram(
        [
          ...rsync,
          // The entries of the folder, and of these only plain files.
          ...["--dirs", "--no-links", "--no-devices", "--no-specials"],
          ...["--filter=. -", "--", `${host}:${path}/`, `${folder}/`],
        ],
        { remedy, input: `${wanted}- *\n` },
      );
    },
    check: (use) => checkBySsh({ host, path, rsync }, use),
  };
}
