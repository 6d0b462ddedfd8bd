/**
 * Which attributes of a returned job are results. Every other attribute belongs
 * to the user and the administrator at home, and is never taken from outside.
 *
 * The lists hold the names that HTCondor's own programs write while a job runs.
 * They were collected from the calls that assign ATTR_* names in the shadow
 * (condor_schedd.V6/qmgr_job_updater.cpp), the schedd, the negotiator and the
 * Job Router (schedd.cpp, qmgmt.cpp, matchmaker.cpp), from the starter's usage
 * reports, and from the manual's "Job ClassAd Attributes".
 *
 * @module
 */

import { encodeText, type Scope } from "../../classad/mod.ts";
import type { BytesOfValue } from "../job/change.ts";
import { isNamed } from "../job/names.ts";

/** A resource that counts for a job only if the job has asked for it. */
interface Resource {
  /** Its name in lower case. */
  readonly resource: string;
}

/** What an import does with an attribute that differs. */
export type AttributeClass =
  /** A result: merged if its value is plain data. */
  | "result"
  /** Describes a run that is under way: not merged, and removed from a job that comes home. */
  | "run-time"
  /** Bookkeeping of the remote schedd, or changed by the export itself: passed over in silence. */
  | "ignored"
  /** Says what runs, where or as whom: reported, never merged. */
  | "refused";

/** The results, in the groups in which the documentation shows them. */
const results = {
  "Status and times": `
  JobStatus LastJobStatus EnteredCurrentStatus CompletionDate
  JobStartDate JobLastStartDate JobCurrentStartDate
  JobCurrentStartExecutingDate JobCurrentStartTransferInputDate
  JobCurrentFinishTransferInputDate JobCurrentStartTransferOutputDate
  JobCurrentFinishTransferOutputDate JobFinishedHookDone
  LastMatchTime LastRejMatchTime LastRejMatchReason LastRejMatchNegotiator
  LastSuspensionTime LastVacateTime LastCkptTime LastRemoteStatusUpdate
`,
  "Counters": `
  NumJobStarts NumJobMatches NumJobCompletions NumShadowStarts
  NumShadowExceptions NumRestarts NumHolds NumSystemHolds NumVacates
  NumVacatesPreExecution NumHoldsByReason NumVacatesByReason
  NumVacatesByReasonPreExecution NumJobReconnects NumJobCoolDowns
  NumInputTransferStarts NumOutputTransferStarts NumCkpts NumCkpts_RAW
  JobRunCount TotalSuspensions TotalJobReconnectAttempts NumPids
`,
  "How the job ended": `
  ExitBySignal ExitCode ExitSignal ExitStatus ExitReason ToE
  ExceptionHierarchy ExceptionType ExceptionName JobCoreDumped JobCoreFileName
  TerminationPending PreExitCode PreExitSignal PreExitBySignal PostExitCode
  PostExitSignal PostExitBySignal PreExitReason PostExitReason
  PreCmdExitCode PreCmdExitSignal
  PreCmdExitBySignal PostCmdExitCode PostCmdExitSignal PostCmdExitBySignal
  DataflowJobSkipped
`,
  "Why it was held, released, evicted or removed": `
  HoldReason HoldReasonCode HoldReasonSubCode LastHoldReason
  LastHoldReasonCode LastHoldReasonSubCode ReleaseReason LastReleaseReason
  RemoveReason RequeueReason VacateReason VacateReasonCode
  VacateReasonSubCode LastShadowException LastFileTransferErrorProtocol
  RequestResultCode RequestResultSubCode
`,
  "Usage, file transfer and hosts": `
  ImageSize ImageSize_RAW ResidentSetSize ResidentSetSize_RAW
  ProportionalSetSizeKb ProportionalSetSizeKb_RAW DiskUsage DiskUsage_RAW
  ScratchDirFileCount ExecuteDirWasEncrypted StackSize
  RemoteSysCpu RemoteUserCpu RemoteWallClockTime LastRemoteWallClockTime
  CommittedTime CommittedSlotTime CommittedSuspensionTime
  UncommittedSuspensionTime JobLastCheckpointTime
  BytesSent BytesRecvd NetworkInputMb NetworkOutputMb NetworkIn NetworkOut
  IOWait JobCpuInstructions JobVMCpuUtilization StdoutMtime StderrMtime
  TransferInQueued TransferInStarted TransferInFinished TransferOutQueued
  TransferOutStarted TransferOutFinished TransferInputStats
  TransferOutputStats TransferCommonStats TransferInputFileCounts
  StageOutStart StageOutFinish CheckpointNumber InitialWaitDuration
  LastRemoteHost LastRemotePool LastPublicClaimId LastPublicClaimIds
  AllRemoteHosts
`,
} as const;

/**
 * Results whose names depend on the installation, with the form in which people
 * write them: `MachineAttrCpus0`, processor counters, statistics, and what the
 * job itself sent through condor_chirp's delayed updates.
 */
const resultForms: readonly (readonly [form: string, pattern: RegExp])[] = [
  ["Chirp*", /^chirp[a-z0-9_]+$/],
  ["MachineAttr*N", /^machineattr[a-z0-9_]+\d$/],
  ["CPUInstructions*", /^cpuinstructions[a-z0-9_]*$/],
  [
    "BlockRead* BlockWrite* RecentBlockRead* RecentBlockWrite*",
    /^(?:recent)?block(?:read|write)(?:s|bytes|kbytes)$/,
  ],
  [
    "ActivationDuration Activation*Duration",
    /^activation(?:setup|execution|teardown)?duration$/,
  ],
  ["Cumulative*", /^cumulative[a-z0-9_]+$/],
  ["Stats*Starter RecentStats*Starter", /^(?:recent)?stats[a-z]+starter$/],
  [
    "RecentWindowMaxStarter RecentStatsTickTimeStarter",
    /^recentwindowmaxstarter$|^recentstatsticktimestarter$/,
  ],
];

/**
 * What a slot reports of a resource, with the resource's name: `CpusUsage`,
 * `GPUsMemoryPeakUsage`, `GPUsProvisioned`, `AssignedGPUs`. A user's own
 * attribute can look the same, so the resource has to be one that every slot has
 * or one that the job asked for (`RequestGPUs`).
 */
const ofResource =
  /^(?:assigned([a-z0-9_]+)|([a-z0-9_]+?)(?:provisioned|(?:memory)?(?:average|peak)?usage))$/;

/** The resources that every slot may report. */
const commonResources = new Set(["cpus", "memory", "disk", "gpus", "swap"]);

/** What _mark_job_stopped and delete_shadow_rec remove (schedd.cpp). */
const runTime = `
  RemoteHost RemotePool RemoteSlotID ClaimId ClaimIds PublicClaimId
  PublicClaimIds StartdIpAddr StartdPrincipal ShadowBday CurrentHosts
  DelegatedProxyExpiration TransferringInput TransferringOutput
  TransferQueued WallClockCheckpoint LastJobLeaseRenewal
  JobCurrentReconnectAttempt JobDisconnectedDate JobStarterLog
  StarterIpAddr GridJobStatus RemoteHosts ShadowIpAddr ShadowVersion
  StartdSendsAlives StartdHandlesAlives IsTransferShadow MachineLastMatchTime
`;

// JobCoolDownExpiration: until then the remote schedd would not start the job
// again. At home the job may start at once.
// FirstJobMatchDate, CommonTransferFailed: a schedd of 25.x writes them into the
// cluster ad (schedd.cpp).
// ScheddInterval: a schedd writes its SCHEDD_INTERVAL into every job that has a
// DeferralTime (updateSchedDInterval in schedd.cpp).
// JobPreparingTasks: what a remote schedd of 25.12 or later does before a job is
// idle. JobAbortEventLogged, since 25.14: the remote schedd has written the abort
// event; the schedd at home must still write its own.
// RoutedToJobId, HoldCopiedFromTargetJob: a Job Router at the remote site writes
// them into the jobs that it takes.
// JobPid and those that follow it: before 25.x (HTCONDOR-3295) the shadow of a
// job with WantIOProxy or WantRemoteUpdates writes all that the starter reports
// (updateFromStarter in condor_shadow.V6.1/remoteresource.cpp).
const ignored = `
  FirstJobMatchDate CommonTransferFailed ScheddInterval JobCoolDownExpiration
  JobPreparingTasks JobAbortEventLogged
  Iwd LeaveJobInQueue MyType TargetType ProcId ServerTime
  AutoClusterId AutoClusterAttrs OrigMaxHosts MaxHosts SpooledOutputFiles
  Managed ManagedManager LumberjackExportId LumberjackExportDir
  LumberjackExportPlanned LumberjackLastExportId LumberjackState
  LumberjackSince LumberjackStuckReason
  JobSetId DeferralTime EffectiveFlockList EditedClusterAttrs
  x509UserProxyExpiration x509UserProxyEmail x509UserProxyFQAN
  x509UserProxyFirstFQAN x509UserProxyVOName x509UserProxySubject
  CommonInputFilesSizeMB MatchedConcurrencyLimits Matched_PSG
  NegotiatorName SubmitterTag SubmitterGroup SubmitterNegotiatingGroup
  RemoteUser RemoteUserPrio RemoteUserFloor RemoteUserResourcesInUse
  RemoteNegotiatingGroup RemoteAutoregroup
  RemoteGroup RemoteGroupQuota RemoteGroupResourcesInUse
  SubmitterUserPrio SubmitterUserResourcesInUse SubmitterGroupQuota
  SubmitterGroupResourcesInUse SubmittorPrio
  OCU OCUActivationStartTime OCUClaimedTime OCUId OCUName OCUState IsOCUHolder
  JobMaterializeDate RoutedToJobId HoldCopiedFromTargetJob
  JobPid JobState JobDuration CgroupEnforced ProvisionedResources StatsLifetime
  RecentStatsLifetime StatsLastUpdateTime RecentStatsTickTime RecentWindowMax
  PreJobPid PreJobStartDate PreJobDuration PostJobPid PostJobStartDate
  PostJobDuration
`;

/**
 * Bookkeeping whose names depend on the job or the site: the value of `$$(NAME)`
 * in a match (the schedd writes MATCH_NAME and MATCH_EXP_NAME), and what the
 * negotiator adds because of NEGOTIATOR_MATCH_EXPRS.
 */
const ignoredForms: readonly (readonly [form: string, pattern: RegExp])[] = [
  ["MATCH_* MATCH_EXP_*", /^match_(?:exp_)?[a-z0-9_]+$/],
  ["NegotiatorMatchExpr*", /^negotiatormatchexpr[a-z0-9_]*$/],
  ["_condor_*", /^_condor_[a-z0-9_]+$/],
];

const classes = new Map<string, AttributeClass>();
for (
  const [list, kind] of [
    ...Object.values(results).map((list) => [list, "result"] as const),
    [runTime, "run-time"],
    [ignored, "ignored"],
  ] as const
) {
  for (const name of namesIn(list)) {
    classes.set(name.toLowerCase(), kind);
  }
}

/** The run-time attributes, as HTCondor writes their names. */
export const runTimeAttributes: readonly string[] = namesIn(runTime);

/** The names and forms of names that an import knows, for documentation. */
export interface KnownAttributes {
  /** The names of results, by the title of their group. */
  readonly results: Readonly<Record<string, readonly string[]>>;
  /** Forms of further results: `Chirp*`. */
  readonly resultForms: readonly string[];
  /** Names of the run under way. */
  readonly runTime: readonly string[];
  /** Names that are passed over. */
  readonly ignored: readonly string[];
  /** Forms of further names that are passed over. */
  readonly ignoredForms: readonly string[];
}

/** Returns what an import knows, with names as HTCondor writes them. */
export function knownAttributes(): KnownAttributes {
  return {
    results: Object.fromEntries(
      Object.entries(results).map(([group, list]) => [group, namesIn(list)]),
    ),
    resultForms: resultForms.flatMap(([form]) => namesIn(form)),
    runTime: runTimeAttributes,
    ignored: namesIn(ignored),
    ignoredForms: ignoredForms.flatMap(([form]) => namesIn(form)),
  };
}

function namesIn(list: string): string[] {
  return list.trim().split(/\s+/);
}

/**
 * `MemoryUsage` is the one result that HTCondor writes as an expression
 * (ATTR_MEMORY_USAGE, set by condor_submit's `memory_usage` and the shadow).
 */
const memoryUsage = encodeText("((ResidentSetSize + 1023) / 1024)");

/**
 * Decides what an import does with attributes.
 *
 * @example
 * ```ts
 * import { MergePolicy } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const policy = new MergePolicy(["SiteScore"]);
 * assertEquals(policy.classify("ExitCode"), "result");
 * assertEquals(policy.classify("SiteScore"), "result");
 * assertEquals(policy.classify("Cmd"), "refused");
 * ```
 */
export class MergePolicy {
  #classes = new Map(classes);
  #patterns: RegExp[] = resultForms.map(([, pattern]) => pattern);
  readonly #asWritten = new Map<string, AttributeClass | Resource>();
  /** What the export itself changed, in lower case. */
  #changed: ReadonlySet<string> = new Set();

  /**
   * `additional` names further attributes that are results at this site; a name
   * may end in `*`. Attributes that say what runs, where or as whom cannot be
   * added.
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

  /**
   * Returns the class of an attribute, by its name in any case. `job` is the job
   * at home: an attribute of a resource is a result if the job asked for that
   * resource (`RequestGPUs`).
   */
  classify(name: string, job?: Scope): AttributeClass {
    let kind = this.#asWritten.get(name);
    if (kind === undefined) {
      // A schedd refuses any other name, and the whole batch with it. Test the
      // name as written: toLowerCase turns the kelvin sign into an ASCII k.
      const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
      kind = isName ? this.#classOf(name.toLowerCase()) : "refused";
      if (kind === "refused" && this.#changed.has(name.toLowerCase())) {
        kind = "ignored";
      }
      this.#asWritten.set(name, kind);
    }
    // condor_transfer_data fetches what this names of a job that was spooled here.
    if (kind === "ignored" && isNamed(name, "spooledoutputfiles")) {
      return job?.lookup("SUBMIT_Iwd") === undefined ? "ignored" : "result";
    }
    if (typeof kind === "string") return kind;
    return job?.lookup(`Request${kind.resource}`) === undefined
      ? "refused"
      : "result";
  }

  #classOf(lower: string): AttributeClass | Resource {
    const known = this.#classes.get(lower);
    if (known !== undefined) return known;
    const kind = neverResults.has(lower) ? "refused" : this.#byForm(lower);
    if (typeof kind === "string") this.#classes.set(lower, kind);
    return kind;
  }

  #byForm(lower: string): AttributeClass | Resource {
    if (this.#patterns.some((p) => p.test(lower))) return "result";
    if (ignoredForms.some(([, p]) => p.test(lower))) return "ignored";
    // The exact value of a result that a schedd rounds (SCHEDD_ROUND_ATTR_*).
    if (classes.get(lower.replace(/_raw$/, "")) === "result") return "result";
    const match = ofResource.exec(lower);
    if (match === null) return "refused";
    const resource = match[1] ?? match[2];
    return commonResources.has(resource) ? "result" : { resource };
  }

  /**
   * Returns a policy that ignores the attributes `names`, which the export
   * itself changed, if it would refuse them. Otherwise it is the same policy.
   */
  passingOver(names: readonly string[]): MergePolicy {
    if (names.length === 0) return this;
    const policy = new MergePolicy();
    policy.#classes = new Map(this.#classes);
    policy.#patterns = this.#patterns;
    policy.#changed = new Set(names.map((name) => name.toLowerCase()));
    return policy;
  }

  /** Whether HTCondor itself writes this expression as the value of the attribute. */
  isKnownExpression(
    name: string,
    { bytes, start, end }: BytesOfValue,
  ): boolean {
    if (end - start !== memoryUsage.length) return false;
    if (!isNamed(name, "memoryusage")) return false;
    for (let at = 0; at < memoryUsage.length; at++) {
      if (memoryUsage[at] !== bytes[start + at]) return false;
    }
    return true;
  }
}

/** Attributes that no pattern, ours or the administrator's, may make a result. */
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
