/**
 * Every kind of event, by number.
 *
 * @module
 */
import {
  disconnected,
  gridDown,
  gridSubmit,
  gridUp,
  reconnected,
  reconnectFailed,
} from "./connection.ts";
import {
  aborted,
  checkpointed,
  dataflowSkipped,
  evicted,
  nodeTerminated,
  postScriptTerminated,
  terminated,
} from "./ending.ts";
import { execute, nodeExecute } from "./execute.ts";
import { clusterRemove, factoryPaused, factoryResumed } from "./factory.ts";
import {
  commonFiles,
  fileComplete,
  fileRemoved,
  fileTransfer,
  fileUsed,
  releaseSpace,
  reserveSpace,
} from "./files.ts";
import {
  attributeUpdate,
  future,
  jobAdInformation,
  preSkip,
  startd,
} from "./information.ts";
import type { EventKind } from "./kind.ts";
import {
  executableError,
  generic,
  held,
  imageSize,
  plain,
  released,
  remoteError,
  shadowException,
  suspended,
} from "./status.ts";
import { clusterSubmit, submit } from "./submit.ts";

export type { EventKind } from "./kind.ts";

const KINDS: readonly (EventKind | undefined)[] = [
  ...[submit, execute, executableError, checkpointed, evicted, terminated],
  ...[imageSize, shadowException, generic, aborted, suspended],
  ...[plain("Job was unsuspended."), held, released, nodeExecute],
  ...[nodeTerminated, postScriptTerminated],
  // HTCondor no longer knows the events of Globus.
  ...[undefined, undefined, undefined, undefined],
  ...[remoteError, disconnected, reconnected, reconnectFailed],
  ...[gridUp, gridDown, gridSubmit, jobAdInformation],
  plain("The job's remote status is unknown"),
  plain("The job's remote status is known again"),
  // HTCondor names 031 and 032, but reads them as unknown events.
  ...[undefined, undefined],
  ...[attributeUpdate, preSkip, clusterSubmit, clusterRemove, factoryPaused],
  ...[factoryResumed, undefined, fileTransfer, reserveSpace, releaseSpace],
  ...[fileComplete, fileUsed, fileRemoved, dataflowSkipped, commonFiles],
];

/** Returns the kind of an event. An unknown number gives the kind that keeps every attribute. */
export function kindOf(number: number): EventKind {
  if (number >= 100 && number <= 112) return startd;
  return KINDS[number] ?? future;
}
