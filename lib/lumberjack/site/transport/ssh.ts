/**
 * ssh without questions: a pass runs while nobody is there. Where a centre wants
 * a second factor, a person gives it once and opens a control socket, which every
 * transfer uses.
 *
 * @module
 */
import { runProgram } from "./program.ts";
import { TransportError } from "./transport.ts";

/** The program and its options. */
export const ssh: readonly string[] = [
  ..."ssh -o BatchMode=yes -o ConnectTimeout=20".split(" "),
];

/** What to do if ssh or rsync fails. */
export function sshRemedy(host: string): string {
  return `try: ${ssh.join(" ")} ${host} true; if it asks for a password, set ` +
    "up a key or open the control socket";
}

/**
 * Checks the control socket of a host, if the user's ssh configuration names one
 * (ControlPath) and does not let ssh open it by itself (ControlMaster). Connects
 * nowhere: a centre locks out whoever tries again and again without the second
 * factor. Throws {@linkcode TransportError} if the socket is gone.
 */
export async function requireControlSocket(host: string): Promise<void> {
  const remedy = sshRemedy(host);
  const config = await runProgram(["ssh", "-G", host], {
    ...{ remedy, wantsOutput: true },
  });
  const value = (name: string) =>
    new RegExp(`^${name} (.*)$`, "m").exec(config)?.[1];
  const path = value("controlpath");
  const opensItself = !/^(no|false)$/.test(value("controlmaster") ?? "no");
  if (path === undefined || path === "none" || opensItself) return;
  try {
    await runProgram(["ssh", "-O", "check", host], { remedy });
  } catch (cause) {
    throw new TransportError("the control socket of ssh is gone", {
      cause,
      subject: `${host}: ${path}`,
      remedy: "open it again as the user as whom the passes run: " +
        `ssh -fNM ${host}`,
      isLocal: true,
    });
  }
}
