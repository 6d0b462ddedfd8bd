/**
 * Which attributes of a returned job are results. Everything else belongs to
 * the user and the administrator here: it is never taken from outside.
 *
 * The names are those that HTCondor's own programs write while a job runs:
 * the shadow's lists in condor_schedd.V6/qmgr_job_updater.cpp, the schedd's
 * (schedd.cpp, qmgmt.cpp), the starter's usage reports, and the manual's
 * "Job ClassAd Attributes".
 *
 * @module
 */

/** What an import does with an attribute that differs. */
export type AttributeClass =
  /** Merged, when its value is plain data. */
  | "result"
  /** Of the run under way: of no use here, and cleared when the job is idle. */
  | "run-time"
  /** Bookkeeping of the remote schedd, or what the export itself changed. */
  | "ignored"
  /** Says what runs, where and as whom: reported, never merged. */
  | "refused";

const results = `
  JobStatus LastJobStatus EnteredCurrentStatus CompletionDate
  JobStartDate JobLastStartDate JobCurrentStartDate
  JobCurrentStartExecutingDate JobCurrentStartTransferInputDate
  JobCurrentFinishTransferInputDate JobCurrentStartTransferOutputDate
  JobCurrentFinishTransferOutputDate JobFinishedHookDone
  LastMatchTime LastRejMatchTime LastRejMatchReason LastRejMatchNegotiator
  LastSuspensionTime LastVacateTime LastCkptTime LastRemoteStatusUpdate

  NumJobStarts NumJobMatches NumJobCompletions NumShadowStarts
  NumShadowExceptions NumRestarts NumHolds NumSystemHolds NumVacates
  NumVacatesPreExecution NumHoldsByReason NumVacatesByReason
  NumVacatesByReasonPreExecution NumJobReconnects NumJobCoolDowns
  NumInputTransferStarts NumOutputTransferStarts NumCkpts NumCkpts_RAW
  JobRunCount TotalSuspensions TotalJobReconnectAttempts NumPids

  ExitBySignal ExitCode ExitSignal ExitStatus ExitReason ToE
  ExceptionHierarchy ExceptionType ExceptionName JobCoreDumped
  TerminationPending PreExitCode PreExitSignal PreExitBySignal PostExitCode
  PostExitSignal PostExitBySignal PreCmdExitCode PreCmdExitSignal
  PreCmdExitBySignal PostCmdExitCode PostCmdExitSignal PostCmdExitBySignal

  HoldReason HoldReasonCode HoldReasonSubCode LastHoldReason
  LastHoldReasonCode LastHoldReasonSubCode ReleaseReason LastReleaseReason
  RemoveReason RequeueReason VacateReason VacateReasonCode
  VacateReasonSubCode LastShadowException LastFileTransferErrorProtocol
  RequestResultCode RequestResultSubCode

  ImageSize ImageSize_RAW ResidentSetSize ResidentSetSize_RAW
  ProportionalSetSizeKb ProportionalSetSizeKb_RAW DiskUsage DiskUsage_RAW
  ScratchDirFileCount ExecuteDirWasEncrypted StackSize
  RemoteSysCpu RemoteUserCpu RemoteWallClockTime LastRemoteWallClockTime
  CommittedTime CommittedSlotTime CommittedSuspensionTime
  BytesSent BytesRecvd NetworkInputMb NetworkOutputMb NetworkIn NetworkOut
  IOWait JobCpuInstructions JobVMCpuUtilization StdoutMtime StderrMtime
  TransferInQueued TransferInStarted TransferInFinished TransferOutQueued
  TransferOutStarted TransferOutFinished TransferInputStats
  TransferOutputStats TransferCommonStats TransferInputFileCounts
  StageOutStart StageOutFinish CheckpointNumber InitialWaitDuration
  LastRemoteHost LastRemotePool LastPublicClaimId LastPublicClaimIds
  AllRemoteHosts
`;

/**
 * Names that an installation makes up as it goes, by their form: `CpusUsage`,
 * `GPUsProvisioned`, `MachineAttrCpus0`, counters of statistics, and what the
 * job itself sent through condor_chirp's delayed updates.
 */
const resultPatterns: readonly RegExp[] = [
  /^chirp[a-z0-9_]+$/,
  /^machineattr[a-z0-9_]+\d$/,
  /^[a-z0-9_]+provisioned$/,
  /^[a-z0-9_]+(?:average|peak)?usage$/,
  /^assigned[a-z0-9_]+$/,
  /^(?:recent)?block(?:read|write)(?:s|bytes|kbytes)$/,
  /^activation(?:setup|execution|teardown)?duration$/,
  /^cumulative[a-z0-9_]+$/,
  /^(?:recent)?stats[a-z]+starter$/,
  /^recentwindowmaxstarter$|^recentstatsticktimestarter$/,
];

/** As _mark_job_stopped and delete_shadow_rec clear them (schedd.cpp). */
const runTime = `
  RemoteHost RemotePool RemoteSlotID ClaimId ClaimIds PublicClaimId
  PublicClaimIds StartdIpAddr StartdPrincipal ShadowBday CurrentHosts
  DelegatedProxyExpiration TransferringInput TransferringOutput
  TransferQueued WallClockCheckpoint LastJobLeaseRenewal
  JobCurrentReconnectAttempt JobDisconnectedDate JobStarterLog
  StarterIpAddr GridJobStatus
`;

// JobCoolDownExpiration says until when the remote schedd starts a job no more:
// here it may start, and nobody could see why it does not.
// FirstJobMatchDate is the remote schedd's date of a cluster, in the cluster
// ad, since 25.x (schedd.cpp).
const ignored = `
  FirstJobMatchDate JobCoolDownExpiration
  Iwd LeaveJobInQueue MyType TargetType ProcId ServerTime
  AutoClusterId AutoClusterAttrs OrigMaxHosts MaxHosts SpooledOutputFiles
  Managed ManagedManager LumberjackExportId LumberjackExportDir
  LumberjackLastExportId
`;

const classes = new Map<string, AttributeClass>();
for (
  const [list, kind] of [
    [results, "result"],
    [runTime, "run-time"],
    [ignored, "ignored"],
  ] as const
) {
  for (const name of list.trim().split(/\s+/)) {
    classes.set(name.toLowerCase(), kind);
  }
}

/** The run-time attributes, as HTCondor writes their names. */
export const runTimeAttributes: readonly string[] = runTime.trim().split(/\s+/);

/**
 * `MemoryUsage` is the one result that HTCondor writes as an expression
 * (ATTR_MEMORY_USAGE, set by condor_submit's `memory_usage` and the shadow).
 */
const knownExpressions = new Map([
  ["memoryusage", new Set(["((ResidentSetSize + 1023) / 1024)"])],
]);

/** Decides what an import does with attributes. */
export class MergePolicy {
  readonly #classes = new Map(classes);
  readonly #patterns: RegExp[] = [...resultPatterns];
  readonly #asWritten = new Map<string, AttributeClass>();

  /**
   * `additional` names results that this installation knows of besides; a name
   * may end in `*`. What says what runs, where and as whom cannot be added.
   */
  constructor(additional: readonly string[] = []) {
    for (const name of additional) {
      const lower = name.toLowerCase();
      if (neverResults.has(lower.replace(/\*$/, ""))) continue;
      if (lower.endsWith("*")) {
        const stem = lower.slice(0, -1).replace(/[^a-z0-9_]/g, "\\$&");
        this.#patterns.push(new RegExp(`^${stem}[a-z0-9_]*$`));
      } else if (!classes.has(lower)) {
        this.#classes.set(lower, "result");
      }
    }
  }

  /** The class of an attribute, by its name in any case. */
  classify(name: string): AttributeClass {
    let kind = this.#asWritten.get(name);
    if (kind === undefined) {
      // A schedd takes no other name, and then nothing of the whole batch. Lower
      // case alone makes an ASCII letter of the sign for kelvin.
      const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
      kind = isName ? this.#classOf(name.toLowerCase()) : "refused";
      this.#asWritten.set(name, kind);
    }
    return kind;
  }

  #classOf(lower: string): AttributeClass {
    const known = this.#classes.get(lower);
    if (known !== undefined) return known;
    const kind =
      !neverResults.has(lower) && this.#patterns.some((p) => p.test(lower))
        ? "result"
        : "refused";
    this.#classes.set(lower, kind);
    return kind;
  }

  /** Whether HTCondor itself writes this expression as that attribute's value. */
  isKnownExpression(name: string, text: string): boolean {
    return knownExpressions.get(name.toLowerCase())?.has(text) === true;
  }
}

/** What a pattern, of ours or of the administrator, must never open. */
const neverResults = new Set(
  `Cmd Args Arguments Env Environment Iwd Owner User NTDomain OsUser
  JobUniverse Requirements Rank In Out Err UserLog DAGManNodesLog
  TransferInput TransferOutput TransferOutputRemaps TransferExecutable
  OutputDestination X509UserProxy PeriodicHold PeriodicRemove PeriodicRelease
  PeriodicVacate OnExitHold OnExitRemove OtherJobRemoveRequirements
  LeaveJobInQueue NotifyUser JobNotification EmailAttributes AcctGroup
  AcctGroupUser AccountingGroup ClusterId ProcId GlobalJobId JobPrio
  HookKeyword PreCmd PostCmd TransferPlugins Managed ManagedManager`
    .trim().split(/\s+/).map((name) => name.toLowerCase()),
);
