/**
 * HTCondor's user logs, the files that a submit description names with `log`:
 * their events, a reader, and how they are written.
 *
 * @module
 */
export { UserLogError, type UserLogErrorOptions } from "./errors.ts";
export {
  type EventFilter,
  eventName,
  eventsForHome,
  eventType,
  isTerminal,
  parseMask,
  SUBMIT,
} from "./event_types.ts";
export {
  type EventTime,
  formatEventTime,
  formatHeaderTime,
  localZone,
  parseEventTime,
  parseHeaderTime,
  type TimeFields,
  type TimeFormat,
  type TimeOptions,
  utcZone,
  type Zone,
} from "./event_time.ts";
export { type EventSource, type LogFormat, UserLogEvent } from "./event.ts";
export {
  defaultFormat,
  type EventFormat,
  formatOfEvent,
  formatOfFirstByte,
  parseFormatOptions,
} from "./format.ts";
export {
  type ByteReader,
  type Damage,
  type ReaderOptions,
  readEvents,
  readEventsFrom,
  UserLogReader,
} from "./reader.ts";
export { writeEvent, type WriteOptions } from "./writer.ts";
export { type FoundEvents, LogFile, type LogIdentity } from "./log_file.ts";
export { lockFileOf, type LockOptions, LogLock } from "./lock.ts";
export { JobSummaries, type JobSummary } from "./job_summary.ts";
