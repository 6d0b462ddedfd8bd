import { describeFailure, failureFrom } from "./failure.ts";
import {
  emptyBody,
  type Json,
  type ServiceAnswer,
  type ServiceCaller,
  type Services,
} from "./service.ts";
import type { OwnersRights } from "./owners_rights.ts";

/** Runs services in this process: we are the owner, or we cannot become him. */
export class InProcessCaller implements ServiceCaller {
  readonly #services: Services;
  readonly #rights: OwnersRights | undefined;

  /**
   * Calls these services. `rights` are those of the owner, if we are somebody
   * else.
   */
  constructor(services: Services, rights?: OwnersRights) {
    this.#services = services;
    this.#rights = rights;
  }

  /** See {@linkcode ServiceCaller.call}. */
  async call(
    service: string,
    params: Json,
    body: AsyncIterable<Uint8Array> = emptyBody,
  ): Promise<ServiceAnswer> {
    try {
      const answer = await this.#services[service](params, {
        body,
        alive: () => {},
        rights: this.#rights,
      });
      return {
        result: answer.result,
        body: answer.body === undefined ? emptyBody : failing(answer.body),
      };
    } catch (cause) {
      throw failureFrom(describeFailure(cause), cause);
    }
  }

  /** There is nothing to end. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Hands pieces on. Errors become those that a child process would send. */
async function* failing(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (cause) {
    throw failureFrom(describeFailure(cause), cause);
  }
}
