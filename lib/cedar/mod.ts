/**
 * CEDAR, the protocol of HTCondor's daemons, as a library that needs no
 * HTCondor installation.
 *
 * `startCommand()` connects to a daemon, authenticates, and returns a
 * connection. On this connection messages of typed values and ClassAds are sent
 * and received. docs/wire-protocol.md describes the bytes on the wire.
 *
 * @module
 */

export * from "./client.ts";
export * from "./errors.ts";
export type { MessageLimits } from "./ad_scan.ts";
export { type GetClassAdOptions, MessageReader } from "./message_reader.ts";
export {
  type AdSource,
  MessageWriter,
  type PutClassAdOptions,
} from "./message_writer.ts";
export * from "./policy.ts";
export { type Session, SessionCache } from "./session.ts";
export * from "./sinful.ts";
export { defaultTimeouts, type Timeouts } from "./transport.ts";
export * from "./private_attribute.ts";
export * from "./string_literal.ts";
export * from "./wire_ad.ts";
