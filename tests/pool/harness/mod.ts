/**
 * Real HTCondor for tests. Each pool has a machine of its own, starts in a few
 * seconds, and ends with the test, even if the test is killed.
 *
 * ```ts ignore
 * import { Pool, poolTest } from "./mod.ts";
 *
 * poolTest("a job leaves the queue when it has run", async () => {
 *   await using pool = await Pool.start({ root: "trixie" });
 *   await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
 *   await pool.untilNone("true");
 *   assertEquals((await pool.history()).length, 3);
 * });
 * ```
 *
 * **What a pool is.** `Pool.start({root})` boots a `Machine`: namespaces with a
 * Debian tree. The tree `trixie` has HTCondor 23.9, and `sid` has 25.
 * scripts/roots builds the trees. A test writes to memory only. On the machine,
 * `Pool.start` starts a pool of root, with the package's own configuration and
 * security, short intervals and 8 slots. All its daemons share one free port of
 * 127.0.0.1. With `user: "alice"` it is a personal pool of that user, as at a
 * remote site. The users alice, bob and carol exist, with homes /home/NAME.
 * Several pools can run at the same time. Each has its own files, processes and
 * host name. They share the host's network.
 *
 * **On the machine.** `pool.run`, `try`, `sh` and `python` run commands there as
 * `user`, by default the pool's owner (root, or the user of a personal pool).
 * CONDOR_CONFIG is set if the pool needs it. `pool.lumberjack(args, {user})`
 * runs Lumberjack from the checkout, which the machine sees read-only as
 * /lumberjack. If the variable LUMBERJACK names an executable, it runs that.
 * `pool.deno(args, {user})` runs Deno, for code of ours that must run on the
 * machine. For example, FS authentication needs the same /tmp and the user's own
 * id. `pool.python` has the bindings `htcondor2` and `classad2`, and on trixie
 * also `htcondor` and `classad`.
 *
 * **From the host.** The test process can connect to the daemons at
 * `pool.collector` (`127.0.0.1:PORT`). As root it can read and write the
 * machine's files, by paths like `pool.machine.path("/etc/hosts")`.
 *
 * **Configuration.** The lines of `config` override all other lines, as in
 * `config: "SEC_DEFAULT_ENCRYPTION = REQUIRED"`. `pool.configure(lines)`
 * replaces them later. After that, call `condor_reconfig`, or `stopDaemons` and
 * `startDaemons`. `prepare` is called before the daemons start. It can put files
 * into the spool.
 *
 * **The schedd.** There are `stopSchedd`, `startSchedd` and `killSchedd`
 * (SIGKILL, after which the master starts another schedd). `queue()` and
 * `history()` return ads. There are also `submit()`, `untilNone(constraint)` and
 * `until(what, condition)`. The message of a failure has the ends of the
 * daemons' logs. `crash` kills every daemon with SIGKILL and starts them again.
 *
 * **A remote site.** `RemoteSite.boot` boots a second machine. Its schedd takes
 * exported logs as its own queue, one after the other, and runs their jobs.
 * `runAway` does this for one log.
 *
 * **If the host can't run pools** (because the user is not root, or it is not
 * Debian), the tests are skipped, with the reason in their names. With CI=true
 * they fail.
 *
 * @module
 */
export { type Campaign, type ExpectedJob, submitCampaign } from "./campaign.ts";
export { exportAll } from "./export_all.ts";
export { HpcSite } from "./hpc_site.ts";
export { obstacle, type Root, roots } from "./host.ts";
export {
  CommandError,
  Machine,
  type MachineOptions,
  type Output,
  type RunOptions,
  wordsInside,
} from "./machine.ts";
export { LoneSchedd, type Reception } from "./lone_schedd.ts";
export {
  changeOffline,
  type ExportReport,
  type ImportReport,
} from "./offline.ts";
export {
  advertiseOffline,
  persistentAds,
  startWithOtherLogs,
} from "./other_logs.ts";
export { type JobAd, type Json, Pool, type PoolOptions } from "./pool.ts";
export { poolTest } from "./pool_test_case.ts";
export {
  adLines,
  differences,
  jobKeys,
  jobLines,
  noDifferences,
  type PlainAds,
  readPlainAds,
  setByLoading,
} from "./queue_text.ts";
export {
  jobFolder,
  RemoteSite,
  remoteSpool,
  type Returned,
  runAway,
} from "./remote_site.ts";
export { until } from "./until.ts";
