import { isExportId } from "../../export_dir/manifest.ts";
import { checkBySsh } from "./check_ssh.ts";
import { runProgram } from "./program.ts";
import { failureOptions, requireControlSocket, ssh } from "./ssh.ts";
import type { Transport } from "./transport.ts";

/** Seconds without a byte after which rsync gives up. */
const silence = "120";

/** rsync, up to the files. */
const rsync: readonly string[] = [
  ...["rsync", "--times", `--timeout=${silence}`, "-e", ssh.join(" ")],
];

/**
 * Copies the plain files of a folder of another host that the rules of rsync's
 * filter let through into the folder `to`.
 */
export async function receiveBySsh(
  { host, path }: { readonly host: string; readonly path: string },
  to: string,
  filter: readonly string[],
): Promise<void> {
  await requireControlSocket(host);
  await runProgram(
    [
      ...rsync,
      // The entries of the folder, and of these only plain files.
      ...["--dirs", "--no-links", "--no-devices", "--no-specials"],
      ...["--filter=. -", "--", `${host}:${path}/`, `${to}/`],
    ],
    {
      ...failureOptions(host, path),
      input: filter.join("\n") + "\n",
    },
  );
}

/**
 * Moves bundles by rsync over ssh. rsync writes under a temporary name and
 * renames, so a file with its name is complete.
 */
export function rsyncTransport(host: string, path: string): Transport {
  return {
    async send(file) {
      await requireControlSocket(host);
      // With a slash alone at the end, rsync would make the last folder of the path.
      const argv = [...rsync, "--", file, `${host}:${path}/.`];
      await runProgram(argv, failureOptions(host, path));
    },
    async receive(exportIds, folder) {
      const ids = exportIds.filter(isExportId);
      if (ids.length === 0) return;
      const wanted = ids.map((id) => `+ /${id}.*`);
      await receiveBySsh({ host, path }, folder, [...wanted, "- *"]);
    },
    check: (use) => checkBySsh({ host, path, rsync }, use),
  };
}
