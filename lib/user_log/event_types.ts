/**
 * The kinds of events by number, as HTCondor's condor_event.h names them.
 *
 * @module
 */

/** Names by number. The numbers from 100 on belong to the log of a startd. */
const NAMES: ReadonlyMap<number, readonly [name: string, myType: string]> =
  new Map([
    [0, ["SUBMIT", "SubmitEvent"]],
    [1, ["EXECUTE", "ExecuteEvent"]],
    [2, ["EXECUTABLE_ERROR", "ExecutableErrorEvent"]],
    [3, ["CHECKPOINTED", "CheckpointedEvent"]],
    [4, ["JOB_EVICTED", "JobEvictedEvent"]],
    [5, ["JOB_TERMINATED", "JobTerminatedEvent"]],
    [6, ["IMAGE_SIZE", "JobImageSizeEvent"]],
    [7, ["SHADOW_EXCEPTION", "ShadowExceptionEvent"]],
    [8, ["GENERIC", "GenericEvent"]],
    [9, ["JOB_ABORTED", "JobAbortedEvent"]],
    [10, ["JOB_SUSPENDED", "JobSuspendedEvent"]],
    [11, ["JOB_UNSUSPENDED", "JobUnsuspendedEvent"]],
    [12, ["JOB_HELD", "JobHeldEvent"]],
    [13, ["JOB_RELEASED", "JobReleaseEvent"]],
    [14, ["NODE_EXECUTE", "NodeExecuteEvent"]],
    [15, ["NODE_TERMINATED", "NodeTerminatedEvent"]],
    [16, ["POST_SCRIPT_TERMINATED", "PostScriptTerminatedEvent"]],
    [17, ["GLOBUS_SUBMIT", "FutureEvent"]],
    [18, ["GLOBUS_SUBMIT_FAILED", "FutureEvent"]],
    [19, ["GLOBUS_RESOURCE_UP", "FutureEvent"]],
    [20, ["GLOBUS_RESOURCE_DOWN", "FutureEvent"]],
    [21, ["REMOTE_ERROR", "RemoteErrorEvent"]],
    [22, ["JOB_DISCONNECTED", "JobDisconnectedEvent"]],
    [23, ["JOB_RECONNECTED", "JobReconnectedEvent"]],
    [24, ["JOB_RECONNECT_FAILED", "JobReconnectFailedEvent"]],
    [25, ["GRID_RESOURCE_UP", "GridResourceUpEvent"]],
    [26, ["GRID_RESOURCE_DOWN", "GridResourceDownEvent"]],
    [27, ["GRID_SUBMIT", "GridSubmitEvent"]],
    [28, ["JOB_AD_INFORMATION", "JobAdInformationEvent"]],
    [29, ["JOB_STATUS_UNKNOWN", "FutureEvent"]],
    [30, ["JOB_STATUS_KNOWN", "FutureEvent"]],
    [31, ["JOB_STAGE_IN", "FutureEvent"]],
    [32, ["JOB_STAGE_OUT", "FutureEvent"]],
    [33, ["ATTRIBUTE_UPDATE", "AttributeUpdateEvent"]],
    [34, ["PRESKIP", "FutureEvent"]],
    [35, ["CLUSTER_SUBMIT", "ClusterSubmitEvent"]],
    [36, ["CLUSTER_REMOVE", "ClusterRemoveEvent"]],
    [37, ["FACTORY_PAUSED", "FactoryPausedEvent"]],
    [38, ["FACTORY_RESUMED", "FactoryResumedEvent"]],
    [39, ["NONE", "FutureEvent"]],
    [40, ["FILE_TRANSFER", "FileTransferEvent"]],
    [41, ["RESERVE_SPACE", "ReserveSpaceEvent"]],
    [42, ["RELEASE_SPACE", "ReleaseSpaceEvent"]],
    [43, ["FILE_COMPLETE", "FileCompleteEvent"]],
    [44, ["FILE_USED", "FileUsedEvent"]],
    [45, ["FILE_REMOVED", "FileRemovedEvent"]],
    [46, ["DATAFLOW_JOB_SKIPPED", "DataflowJobSkippedEvent"]],
    [47, ["COMMON_FILES", "CommonFilesEvent"]],
  ]);

/** The number of a submit event. */
export const SUBMIT = 0;

/** Returns the name of a kind of event, such as `ULOG_SUBMIT`. An unknown number gives `ULOG_FUTURE_EVENT`. */
export function eventName(number: number): string {
  return `ULOG_${NAMES.get(number)?.[0] ?? "FUTURE_EVENT"}`;
}

/** Returns the value of `MyType` in the ad of an event. */
export function eventType(number: number): string {
  return NAMES.get(number)?.[1] ?? "FutureEvent";
}

/**
 * Returns whether a job has ended with this event: it terminated (005), was
 * aborted (009), or was skipped because its outputs are newer than its inputs
 * (046). DAGMan and condor_wait wait for one of these. An executable error (002)
 * is not terminal: the schedd holds the job after it.
 */
export function isTerminal(number: number): boolean {
  return number === 5 || number === 9 || number === 46;
}

/** Decides by the number of an event. */
export type EventFilter = (number: number) => boolean;

/**
 * Reads a list of event numbers as `DAGManNodesMask` holds it: `0,1,2,4,5`.
 * With an empty list every event passes, as in HTCondor.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseMask } from "./event_types.ts";
 *
 * const passes = parseMask("0,1,5");
 * assertEquals([1, 5, 6].filter(passes), [1, 5]);
 * ```
 */
export function parseMask(text: string): EventFilter {
  const numbers = text.split(",").filter((part) => part.trim() !== "")
    // HTCondor reads each part with atoi().
    .map((part) => Number(/^\s*[+-]?\d+/.exec(part)?.[0] ?? 0));
  if (numbers.length === 0) return () => true;
  const mask = new Set(numbers);
  return (number) => mask.has(number);
}

/**
 * Returns a filter for the events of a job that ran elsewhere: every event
 * belongs in the job's log at home, except the submit event, which is already
 * there. `mask` restricts this further, for the log that DAGMan reads.
 */
export function eventsForHome(mask: EventFilter = () => true): EventFilter {
  return (number) => number !== SUBMIT && mask(number);
}
