import { basename, join } from "@std/path";
import { runProgram } from "./program.ts";
import { shellWord } from "../../shell_word.ts";
import { failureOptions, requireControlSocket, ssh, sshRemedy } from "./ssh.ts";
import { writeProbe } from "./check.ts";
import {
  type CheckedStep,
  type CheckUse,
  TransportError,
} from "./transport.ts";

/** A folder of another host. */
export interface HostFolder {
  /** The host, as ssh knows it. */
  readonly host: string;
  /** The folder, absolute. */
  readonly path: string;
  /** rsync with its options. */
  readonly rsync: readonly string[];
}

/**
 * Goes the whole way to a folder of another host: connects, writes a small file,
 * reads it back, removes it, and asks for the remote executable.
 */
export async function* checkBySsh(
  { host, path, rsync }: HostFolder,
  { writes, executable }: CheckUse,
): AsyncGenerator<CheckedStep> {
  const remedy = (said: string) => sshRemedy(host, said);
  const folder = failureOptions(host, path);
  const there = `${host}:${path}`;
  const run = (command: string) =>
    runProgram([...ssh, host, command], { remedy, wantsOutput: true });
  await requireControlSocket(host);
  await run("true");
  yield { step: "host", message: `ssh reaches ${host}` };
  const list = [...rsync, "--list-only", "--", `${there}/`];
  await runProgram(list, folder);
  yield { step: "folder", message: `${there} can be read` };
  if (!writes) return;
  using probe = writeProbe();
  await runProgram([...rsync, "--", probe.path, `${there}/.`], folder);
  const name = basename(probe.path);
  const back = join(probe.folder, "back");
  await runProgram([...rsync, "--", `${there}/${name}`, back], folder);
  probe.compare(back, there);
  await run(`rm -f ${shellWord(`${path}/${name}`)}`);
  yield { step: "file", message: `a file was written to ${there} and read` };
  const version = await run(`${shellWord(executable)} --version`)
    .catch((cause) => {
      throw new TransportError("the remote executable was not found", {
        cause,
        subject: `${executable} on ${host}`,
        remedy: "put it into the PATH that ssh gives, or set " +
          "REMOTE_EXECUTABLE of the site to its path",
      });
    });
  yield { step: "executable", message: `${host} has ${version.trim()}` };
}
