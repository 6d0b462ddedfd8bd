/**
 * What a process that acts as a job's owner can be asked to do. A service is
 * one function in a file of its own, and one line in services.ts.
 *
 * @module
 */

import type { OwnersRights } from "./owners_rights.ts";

/** A value that travels as JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** What a service is called with, besides its parameters. */
export interface ServiceInput {
  /**
   * The bytes that come with the request; empty if there are none. To be read
   * once. A piece is valid until the next one is asked for.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Tells the caller that the work goes on. A service calls it now and then
   * during work that takes longer than a few seconds without an answer or
   * bytes: the caller gives up after {@linkcode silenceLimit} seconds.
   */
  readonly alive: () => void;
  /**
   * What the owner may read, if the work is done with the rights of somebody
   * else. In a process of the owner's the kernel checks that.
   */
  readonly rights?: OwnersRights;
}

/** What a service answers with. */
export interface ServiceOutput {
  /** The answer. */
  readonly result: Json;
  /**
   * The bytes that come with the answer. If they throw, the caller's stream
   * throws the same error.
   */
  readonly body?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Does one thing as the owner. The parameters come from our own process and
 * have the type that its client function gives them. An error that the service
 * throws is thrown by the call.
 */
export type Service = (
  params: Json,
  input: ServiceInput,
) => Promise<ServiceOutput> | ServiceOutput;

/** Services by name. */
export type Services = Readonly<Record<string, Service>>;

/** What a call gives. */
export interface ServiceAnswer {
  /**
   * The answer. The owner can make his process say anything, so the caller
   * checks it like any other input.
   */
  readonly result: unknown;
  /**
   * The bytes that come with the answer. Who wants them begins to read at once, and
   * reads to the end or gives up with `break`: the next call waits for that. If
   * nobody has begun, it passes over them. A piece is valid until the next one is
   * asked for.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Calls services, one after the other. */
export interface ServiceCaller extends AsyncDisposable {
  /** Calls a service. Throws what the service throws. */
  call(
    service: string,
    params: Json,
    body?: AsyncIterable<Uint8Array>,
  ): Promise<ServiceAnswer>;
}

/** Seconds without a sign of life after which a caller gives up. */
export const silenceLimit = 300;

/** No bytes. */
export const emptyBody: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {},
};
