/**
 * HTCondor as its administrators name it: configuration, collector, schedd,
 * queue management. Built on the wire of lib/cedar; docs/design.md says how a
 * schedd behaves when it is spoken to like this.
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
export {
  type AttributeRequest,
  errno,
  type QueueKey,
  QueueManagement,
} from "./queue_management.ts";
export { type JobQuery, type JobsResult, Schedd } from "./schedd.ts";
export {
  chooseSchedd,
  defaultScheddConstraint,
  type ScheddLoad,
} from "./schedd_choice.ts";
export { clientPolicy, securityOf } from "./security.ts";
