import { describeFailure, failureFrom } from "./failure.ts";
import {
  emptyBody,
  type Json,
  type ServiceAnswer,
  type ServiceCaller,
  type Services,
} from "./service.ts";

/** Runs services in this process: we are the owner, or we cannot become him. */
export class InProcessCaller implements ServiceCaller {
  readonly #services: Services;

  /** Calls these services. */
  constructor(services: Services) {
    this.#services = services;
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
