/**
 * ssh without questions: a pass runs while nobody is there. Where a centre wants
 * a second factor, a person gives it once and opens a control socket, which every
 * transfer uses.
 *
 * @module
 */
import { type ProgramOptions, runProgram } from "./program.ts";
import { TransportError } from "./transport.ts";

/**
 * The program and its options. The banner of a login node would hide what rsync
 * says; LogLevel leaves it out.
 */
export const ssh: readonly string[] = [
  ..."ssh -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR".split(" "),
];

/** What to do if ssh or rsync fails. `said` is the line in which it says why. */
export function sshRemedy(host: string, said: string): string {
  if (/^host key verification failed/i.test(said)) {
    return "compare the host's key with the one that the centre publishes; if " +
      `it is right, remove the old one as ssh says: ssh ${host} true`;
  }
  const attempt = `${ssh.join(" ")} ${host} true`;
  if (/permission denied \(/i.test(said)) {
    return "the host does not take the key of the user as whom the passes run: " +
      `as this user, bring it there (ssh-copy-id ${host}), or if the host wants ` +
      `a second factor, open a control socket; then try: ${attempt}`;
  }
  if (/could not resolve hostname/i.test(said)) {
    return "correct the host's name in SHIP and FETCH of the site, or mend DNS; " +
      `then try: ${attempt}`;
  }
  if (noAnswer.test(said)) {
    return "the host does not answer: ask the centre whether it is down, and " +
      `look at the network and at HostName and Port of ssh -G ${host}; the ` +
      `passes go on when this works: ${attempt}`;
  }
  if (noRsync.test(said)) {
    return `install rsync on ${host}, or add it to the PATH there: ` +
      `ssh ${host} rsync --version`;
  }
  return `try: ${attempt}; if it asks for a password, set ` +
    "up a key or open the control socket";
}

/** What ssh says if nobody answers, or if the connection breaks. */
const noAnswer =
  /connection (refused|timed out|closed|reset)|operation timed out|no route to host|network is unreachable|broken pipe/i;

/** What a shell says if it does not find rsync. */
const noRsync = /sh: .*rsync/i;

/** What an error says about a folder of another host, and what to do. */
export function failureOptions(host: string, path: string): ProgramOptions {
  const remedy = (said: string) => {
    if (/no such file or directory/i.test(said) && !noRsync.test(said)) {
      return `make the folder (ssh ${host} mkdir -p ${path}), or correct the ` +
        "path in SHIP or FETCH of the site";
    }
    if (/no space left|quota exceeded/i.test(said)) {
      return `make room there: ssh ${host} df -h ${path}`;
    }
    if (/^rsync: .*permission denied/i.test(said)) {
      return `give the folder to the user who logs in: ssh ${host} ls -ld ${path}`;
    }
    return sshRemedy(host, said);
  };
  return { remedy, place: `${host}:${path}` };
}

/**
 * Checks the control socket of a host, if the user's ssh configuration names one
 * (ControlPath) and does not let ssh open it by itself (ControlMaster). Connects
 * nowhere: a centre locks out whoever tries again and again without the second
 * factor. Throws {@linkcode TransportError} if the socket is gone.
 */
export async function requireControlSocket(host: string): Promise<void> {
  const remedy = (said: string) => sshRemedy(host, said);
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
