/**
 * Pools with HTCondor's other ClassAd logs: the negotiator's Accountantnew.log,
 * and the collector's log of machines that are offline.
 *
 * @module
 */
import type { Root } from "./host.ts";
import { Pool } from "./pool.ts";

/** The path of the collector's log on the machine. */
export const persistentAds = "/var/spool/condor/offline.log";

/** Starts a pool whose collector keeps the ads of machines that are offline. */
export function startWithOtherLogs(
  root: Root,
  prepare?: (pool: Pool) => Promise<void>,
): Promise<Pool> {
  return Pool.start({
    root,
    slots: 4,
    config: `COLLECTOR_PERSISTENT_AD_LOG = ${persistentAds}`,
    prepare,
  });
}

/** Tells the collector that an execute machine has gone offline, or is back. */
export async function advertiseOffline(
  pool: Pool,
  name: string,
  offline = true,
): Promise<void> {
  const ad = [
    'MyType = "Machine"',
    'TargetType = "Job"',
    `Name = "slot1@${name}"`,
    `Machine = "${name}"`,
    'StartdIpAddr = "<192.0.2.7:9618?addrs=192.0.2.7-9618>"',
    'MyAddress = "<192.0.2.7:9618?addrs=192.0.2.7-9618>"',
    'State = "Unclaimed"',
    'Activity = "Idle"',
    "Cpus = 4",
    "Requirements = TARGET.RequestCpus <= MY.Cpus",
    `Offline = ${offline}`,
    "ClassAdLifetime = 86400",
    "",
  ].join("\n");
  await pool.machine.write("/tmp/offline.ad", ad);
  await pool.run([
    "condor_advertise",
    "-pool",
    pool.collector,
    "UPDATE_STARTD_AD",
    "/tmp/offline.ad",
  ]);
}
