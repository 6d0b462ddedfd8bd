/**
 * Real HTCondor for tests: pools on machines of their own, up in a few
 * seconds, gone with the test however it ends.
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
 * Debian tree (`trixie`: HTCondor 23.9, `sid`: 25; built by scripts/roots,
 * written to in memory only) and starts a pool of root there, with the
 * package's own configuration and security, short intervals, 8 slots, all
 * behind a free port of 127.0.0.1. With `user: "alice"` it is a personal pool
 * of that user, as at a remote site. Users alice, bob and carol exist, with
 * homes /home/NAME. Pools run side by side; each has its own files, processes
 * and host name; the network is the host's.
 *
 * **Inside.** `pool.run`, `try`, `sh` and `python` run commands there as
 * `user` (the pool's owner when not given: root or the personal pool's user),
 * with CONDOR_CONFIG set where it must be. `pool.lumberjack(args, {user})` runs
 * Lumberjack: from the checkout (visible as /lumberjack, read-only), or the
 * executable that the variable LUMBERJACK names. `pool.deno(args, {user})` runs
 * Deno, for code of ours that must run inside: FS authentication wants the same
 * /tmp and the user's own id.
 * `pool.python` has the bindings: `htcondor2`, `classad2`; on trixie also
 * `htcondor`, `classad`.
 *
 * **From outside.** The test process reaches the daemons at `pool.collector`
 * (`127.0.0.1:PORT`); `pool.machine.path("/etc/hosts")` is a path by which it,
 * being root, reads and writes the machine's files.
 *
 * **Configuration.** `config: "SEC_DEFAULT_ENCRYPTION = REQUIRED"` wins over
 * all other lines; `pool.configure(lines)` replaces these lines later (then
 * `condor_reconfig`, or `stopDaemons` and `startDaemons`). `prepare` is called
 * before the daemons start, to put files into the spool.
 *
 * **The schedd.** `stopSchedd`, `startSchedd`, `killSchedd` (SIGKILL; the
 * master starts another), `queue()` and `history()` as ads, `submit()`,
 * `untilNone(constraint)`, `until(what, condition)`. A failure's message holds
 * the ends of the daemons' logs. `crash` kills every daemon with SIGKILL and
 * starts them again.
 *
 * **A remote site.** `RemoteSite.boot` is a second machine whose schedd takes
 * exported logs for its own queue, one after the other, and runs their jobs;
 * `runAway` does it for one log.
 *
 * **Where they can't run** (not root, no Debian) tests are skipped, with the
 * reason in their name; with CI=true they fail.
 *
 * @module
 */
export { type Campaign, type ExpectedJob, submitCampaign } from "./campaign.ts";
export { exportAll } from "./export_all.ts";
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
