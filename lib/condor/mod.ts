/**
 * HTCondor's configuration, collector, schedd and queue management, in the
 * words of its administrators. This library uses the wire protocol of
 * lib/cedar. docs/design.md describes how a schedd behaves.
 *
 * @module
 */
export {
  type AdQuery,
  collectorAddresses,
  collectorError,
  queryScheddAds,
} from "./collector.ts";
export { DC_NOP_READ } from "./commands.ts";
export { CondorConfig, loadConfig, noConfiguration } from "./config.ts";
export { reconfigure, type Shutdown, turnOff } from "./daemon.ts";
export * from "./errors.ts";
export { readAddressFile, type ScheddLocation } from "./local_schedd.ts";
export { locateSchedd, type ScheddRequest } from "./locate.ts";
export { QueueManagement } from "./queue_management.ts";
export {
  type AttributeRequest,
  errno,
  type QueueKey,
} from "./queue_requests.ts";
export { type JobQuery, type JobsResult, Schedd } from "./schedd.ts";
export {
  chooseSchedd,
  defaultScheddConstraint,
  type ScheddLoad,
} from "./schedd_choice.ts";
export { clientPolicy, securityOf } from "./security.ts";
