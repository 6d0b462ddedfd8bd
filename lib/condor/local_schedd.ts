import { type CondorConfig, noConfiguration } from "./config.ts";
import { LocateError } from "./errors.ts";

/** A schedd and how to reach it. */
export interface ScheddLocation {
  /** Its name where it is known, else its address. */
  readonly name: string;
  /** A sinful string. */
  readonly address: string;
  /** As it told the collector or its address file. */
  readonly version: string | undefined;
  /** Whether it is the schedd of this host's own configuration. */
  readonly local: boolean;
}

/**
 * Returns the schedd of this host, as the files say that it writes when it starts:
 * SCHEDD_DAEMON_AD_FILE, else SCHEDD_ADDRESS_FILE. Returns undefined if neither
 * can be read or names an address; HTCondor's tools ask the collector then.
 */
export function ownSchedd(config: CondorConfig): ScheddLocation | undefined {
  return readDaemonAdFile(config) ?? readAddressFile(config);
}

/**
 * Returns the schedd whose ad is in SCHEDD_DAEMON_AD_FILE, or undefined if there
 * is no such file (`Daemon::readLocalClassAd`).
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
 * Returns the schedd that SCHEDD_ADDRESS_FILE names, or undefined if there is no
 * such file. It has the address and the version in its first lines; since 25 the
 * schedd's ad follows (`Daemon::readAddressFile`).
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

/** Returns undefined for a file that is missing or may not be read. */
function textOf(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** Returns the value of a string attribute in an ad of the old syntax. */
function stringIn(text: string, name: string): string | undefined {
  return new RegExp(`^${name} = "(.*)"$`, "im").exec(text)?.[1];
}

/** Returns the name that the schedd of this host gives itself (`build_valid_daemon_name`). */
export function daemonName(config: CondorConfig): string | undefined {
  const host = config.get("FULL_HOSTNAME");
  const name = config.get("SCHEDD_NAME");
  if (name === undefined) return host;
  return name.includes("@") ? name : `${name}@${host}`;
}

/**
 * Returns a daemon's name as condor_q completes it: a name without `@` is that
 * of a host, and gets this host's domain when it has none (`get_daemon_name`).
 */
export function fullName(name: string, config: CondorConfig): string {
  if (name.includes("@") || name.includes(".")) return name;
  const domain = config.get("DEFAULT_DOMAIN_NAME") ??
    config.get("FULL_HOSTNAME")?.split(".").slice(1).join(".");
  return domain ? `${name}.${domain}` : name;
}

/** The error for a host that has no schedd. It names the file that was looked for. */
export function noLocalSchedd(config: CondorConfig): LocateError {
  if (config.notes.includes(noConfiguration)) {
    return new LocateError("no schedd was found", {
      subject: noConfiguration,
      remedy:
        "set CONDOR_CONFIG, put condor_config_val into the PATH, or name the collector with --pool",
    });
  }
  const file = config.get("SCHEDD_ADDRESS_FILE");
  return new LocateError("no schedd runs on this host", {
    subject: file === undefined
      ? "SCHEDD_ADDRESS_FILE is not set"
      : `no address in ${file}, or it cannot be read`,
    remedy:
      "start it, check SPOOL and SCHEDD_ADDRESS_FILE, or name another with --name or --pool",
  });
}
