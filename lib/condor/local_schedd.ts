import { type CondorConfig, noConfiguration } from "./config.ts";
import { LocateError } from "./errors.ts";

/** A schedd and its address. */
export interface ScheddLocation {
  /** The schedd's name, or its address if the name is not known. */
  readonly name: string;
  /** The schedd's address, a sinful string. */
  readonly address: string;
  /**
   * The version that the schedd reported to the collector or in its address
   * file.
   */
  readonly version: string | undefined;
  /** Whether the schedd is the one of this host's own configuration. */
  readonly local: boolean;
}

/**
 * Returns this host's schedd, from the files that it writes when it starts:
 * SCHEDD_DAEMON_AD_FILE, or else SCHEDD_ADDRESS_FILE. Returns undefined if
 * neither file can be read or contains an address. HTCondor's tools then ask
 * the collector.
 */
export function ownSchedd(config: CondorConfig): ScheddLocation | undefined {
  return readDaemonAdFile(config) ?? readAddressFile(config);
}

/**
 * Returns the schedd whose ad is in SCHEDD_DAEMON_AD_FILE, or undefined if
 * there is no such file (`Daemon::readLocalClassAd`).
 */
export function readDaemonAdFile(
  config: CondorConfig,
): ScheddLocation | undefined {
  const text = textOf(config.get("SCHEDD_DAEMON_AD_FILE"));
  const address = text && (stringIn(text, "ScheddIpAddr") ??
    stringIn(text, "MyAddress"));
  if (!address?.startsWith("<")) return undefined;
  return {
    name: stringIn(text!, "Name") ?? daemonName(config) ?? address,
    address,
    version: stringIn(text!, "CondorVersion"),
    local: true,
  };
}

/**
 * Returns the schedd that SCHEDD_ADDRESS_FILE names, or undefined if there is
 * no such file. The first two lines are the address and the version. Since 25
 * the schedd's ad follows (`Daemon::readAddressFile`).
 */
export function readAddressFile(
  config: CondorConfig,
): ScheddLocation | undefined {
  const text = textOf(config.get("SCHEDD_ADDRESS_FILE"));
  const [address, version] = text?.split("\n") ?? [];
  if (!address?.startsWith("<")) return undefined;
  return {
    name: stringIn(text!, "Name") ?? daemonName(config) ?? address,
    address,
    version: version || undefined,
    local: true,
  };
}

/** Returns the text of a file, or undefined if it cannot be read. */
function textOf(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** Returns the value of a string attribute from an ad in old syntax. */
function stringIn(text: string, name: string): string | undefined {
  return new RegExp(`^${name} = "(.*)"$`, "im").exec(text)?.[1];
}

/**
 * Returns the name that this host's schedd gives itself
 * (`build_valid_daemon_name`).
 */
export function daemonName(config: CondorConfig): string | undefined {
  const host = config.get("FULL_HOSTNAME");
  const name = config.get("SCHEDD_NAME");
  if (name === undefined) return host;
  return name.includes("@") ? name : `${name}@${host}`;
}

/**
 * Returns a daemon's name as condor_q completes it (`get_daemon_name`). A name
 * without `@` is a host name, and gets this host's domain if it has none.
 */
export function fullName(name: string, config: CondorConfig): string {
  if (name.includes("@") || name.includes(".")) return name;
  const domain = config.get("DEFAULT_DOMAIN_NAME") ??
    config.get("FULL_HOSTNAME")?.split(".").slice(1).join(".");
  return domain ? `${name}.${domain}` : name;
}

/**
 * Returns the error for a host that has no schedd. It names the file that was
 * looked for.
 */
export function noLocalSchedd(config: CondorConfig): LocateError {
  if (config.notes.includes(noConfiguration)) {
    return new LocateError("no schedd was found", {
      subject: noConfiguration,
      remedy:
        "install HTCondor on this host, set CONDOR_CONFIG if its configuration lies elsewhere, or name the collector of another pool with --pool",
    });
  }
  const file = config.get("SCHEDD_ADDRESS_FILE");
  return new LocateError("no schedd runs on this host", {
    subject: file === undefined
      ? "SCHEDD_ADDRESS_FILE is not set"
      : `no address in ${file}, or it cannot be read`,
    remedy:
      "start it, check SPOOL and SCHEDD_ADDRESS_FILE, or name another schedd with --name or --pool",
  });
}
