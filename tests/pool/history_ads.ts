/**
 * Compares what accounting reads, the history ad, of a job that came home with
 * that of the same job that ran here.
 *
 * @module
 */
import type { Pool } from "./harness/mod.ts";

/** The attributes of a history ad, by name, as JSON. */
export type HistoryAd = ReadonlyMap<string, string>;

/** Attributes that may differ. */
interface Expected {
  /** Why they differ. */
  readonly reason: string;
  /** Where they are. `any`: what they tell may happen in one of the runs only. */
  readonly where: "both" | "here" | "away" | "any";
  /** Their names. */
  readonly names: RegExp;
}

/** Every difference that a run at another place and time explains. */
const expected: readonly Expected[] = [
  {
    reason: "the job was submitted, and ran, at another time",
    where: "both",
    names: words(`
      QDate GlobalJobId CompletionDate EnteredCurrentStatus JobFinishedHookDone
      JobStartDate JobLastStartDate JobCurrentStartDate
      JobCurrentStartExecutingDate JobCurrentStartTransferInputDate
      JobCurrentFinishTransferInputDate JobCurrentStartTransferOutputDate
      JobCurrentFinishTransferOutputDate LastMatchTime LastVacateTime
      LastRemoteStatusUpdate TransferInQueued TransferInStarted
      TransferInFinished TransferOutQueued TransferOutStarted
      TransferOutFinished StdoutMtime StderrMtime StageInStart StageInFinish
      StageOutStart StageOutFinish
    `),
  },
  {
    reason: "each run takes its own time and resources",
    where: "any",
    names: words(`
      ActivationDuration ActivationExecutionDuration ActivationSetupDuration
      ActivationTeardownDuration CommittedTime CommittedSlotTime
      CumulativeSlotTime CumulativeRemoteUserCpu CumulativeRemoteSysCpu
      RemoteWallClockTime LastRemoteWallClockTime RemoteUserCpu RemoteSysCpu
      InitialWaitDuration CpusUsage DiskUsage DiskUsage_RAW DiskProvisioned
      ImageSize ImageSize_RAW ResidentSetSize ResidentSetSize_RAW MemoryUsage
      ScratchDirFileCount StatsLifetimeStarter RecentStatsLifetimeStarter
      NumPids
    `),
  },
  {
    reason: "it waited for a slot that was free",
    where: "any",
    names: words("LastRejMatchReason LastRejMatchTime LastRejMatchNegotiator"),
  },
  {
    reason: "it ran on another host, in another folder",
    where: "both",
    names: words("LastRemoteHost LastPublicClaimId JobCoreFileName"),
  },
  {
    reason:
      "the files name the host and the folder of the run, and a job that " +
      "is tried again there gets what its first run left in SPOOL",
    where: "both",
    names: words("BytesRecvd BytesSent TransferInputStats TransferOutputStats"),
  },
  {
    reason: "it says with which export the job was away",
    where: "away",
    names: words("LumberjackLastExportId"),
  },
  {
    reason:
      "the schedd writes it for its own run of the job and its own queue; " +
      "no schedd here has run this job",
    where: "here",
    names: words(`
      FirstJobMatchDate JobCurrentReconnectAttempt LastJobLeaseRenewal
      OrigMaxHosts SpooledOutputFiles StartdPrincipal
    `),
  },
];

function words(names: string): RegExp {
  return new RegExp(`^(?:${names.trim().split(/\s+/).join("|")})$`);
}

/**
 * Lets all completed jobs leave the queue. Returns their history ads by the index
 * of their cluster in `clusters`.
 */
export async function historyAds(
  pool: Pool,
  clusters: readonly number[],
): Promise<Map<number, HistoryAd>> {
  await pool.sh("condor_qedit -const 'JobStatus == 4' LeaveJobInQueue False");
  await pool.untilNone("JobStatus == 4", 360);
  const ads = await pool.history("true");
  return new Map(ads.map((ad) => [
    clusters.indexOf(Number(ad.ClusterId)),
    new Map(
      Object.entries(ad).map(([name, value]) => [
        name,
        // Of this ad only the time may differ.
        JSON.stringify(
          name === "ToE" ? { ...value as object, When: 0 } : value,
        ),
      ]),
    ),
  ]));
}

/** Returns the differences of two history ads that nothing explains. */
export function unexplained(here: HistoryAd, away: HistoryAd): string[] {
  const names = new Set([...here.keys(), ...away.keys()]);
  const found: string[] = [];
  for (const name of [...names].sort()) {
    const [mine, other] = [here.get(name), away.get(name)];
    if (mine === other) continue;
    const where = mine === undefined
      ? "away"
      : other === undefined
      ? "here"
      : "both";
    const explains = (may: Expected) =>
      (may.where === "any" || may.where === where) && may.names.test(name);
    if (expected.some(explains)) continue;
    found.push(`${name}: ${mine} here, ${other} away`);
  }
  return found;
}
