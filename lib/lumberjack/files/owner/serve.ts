import {
  frameHead,
  frameHeadLength,
  type FrameKind,
  inFrames,
  malformed,
  parseFrameHead,
} from "./frame.ts";
import { describeFailure } from "./failure.ts";
import type { Json, ServiceOutput, Services } from "./service.ts";

/** Where requests come from. */
export interface RequestSource {
  /** Reads some bytes and returns how many; null at the end. */
  readSync(buffer: Uint8Array): number | null;
}

/** Where answers go. */
export interface AnswerSink {
  /** Writes some of the bytes and returns how many. */
  writeSync(bytes: Uint8Array): number;
}

/**
 * Answers requests until the caller closes its end. Runs in the owner's
 * process, which does nothing else, so reading and writing may block.
 */
export async function serve(
  source: RequestSource,
  sink: AnswerSink,
  services: Services,
): Promise<void> {
  const input = new FrameInput(source);
  const output = new FrameOutput(sink);
  for (;;) {
    const head = input.request();
    if (head === undefined) return;
    await answer(head, input, output, services);
    // A service may fail before it has read all that came with the request.
    input.passOver();
  }
}

interface RequestHead {
  readonly service: string;
  readonly params: Json;
}

async function answer(
  { service, params }: RequestHead,
  input: FrameInput,
  output: FrameOutput,
  services: Services,
): Promise<void> {
  try {
    if (!Object.hasOwn(services, service)) {
      throw new Error(`there is no service ${service}`);
    }
    const answer: ServiceOutput = await services[service](params, {
      body: input.body(),
      alive: () => output.alive(),
    });
    output.json("head", answer.result);
    for await (const piece of answer.body ?? []) {
      for (const part of inFrames(piece)) output.frame("data", part);
    }
    output.frame("end");
  } catch (error) {
    if (error instanceof BrokenPipe) throw error.cause;
    output.json("failure", describeFailure(error));
  }
}

/** The caller is gone. */
class BrokenPipe extends Error {}

/** The least time between two signs of life, in milliseconds. */
const aliveInterval = 100;

/** Writes frames. */
class FrameOutput {
  readonly #sink: AnswerSink;
  /** When the caller last heard that the work goes on. */
  #said = -Infinity;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** Says that the work goes on, unless that was said a moment ago. */
  alive(): void {
    const now = performance.now();
    if (now - this.#said < aliveInterval) return;
    this.#said = now;
    this.frame("alive");
  }

  json(kind: FrameKind, value: Json): void {
    this.frame(kind, new TextEncoder().encode(JSON.stringify(value)));
  }

  frame(kind: FrameKind, bytes: Uint8Array = new Uint8Array()): void {
    const head = frameHead(kind, bytes.length);
    try {
      this.#write(head);
      this.#write(bytes);
    } catch (cause) {
      throw new BrokenPipe("cannot answer", { cause });
    }
  }

  #write(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      written += this.#sink.writeSync(bytes.subarray(written));
    }
  }
}

/** Reads the frames of requests. */
class FrameInput {
  readonly #source: RequestSource;
  /** Whether frames of the request's body have not been read yet. */
  #inBody = false;
  /** Takes the pieces of bodies, one after the other. */
  #room: Uint8Array = new Uint8Array();

  constructor(source: RequestSource) {
    this.#source = source;
  }

  /** Reads the head of the next request; undefined at the end. */
  request(): RequestHead | undefined {
    const frame = this.#next();
    if (frame === undefined) return undefined;
    if (frame.kind !== "head") throw malformed();
    this.#inBody = true;
    return JSON.parse(new TextDecoder().decode(frame.bytes));
  }

  /** Returns the pieces of the request's body. */
  async *body(): AsyncGenerator<Uint8Array> {
    while (this.#inBody) {
      const bytes = this.#piece();
      if (bytes !== undefined) yield bytes;
    }
  }

  /** Reads the rest of the request's body and drops it. */
  passOver(): void {
    while (this.#inBody) {
      try {
        this.#piece();
      } catch {
        // The caller could not read what it was to send; it knows that.
      }
    }
  }

  #piece(): Uint8Array | undefined {
    const frame = this.#next();
    if (frame?.kind === "data") return frame.bytes;
    this.#inBody = false;
    if (frame?.kind === "end") return undefined;
    throw frame?.kind === "failure"
      ? new Error("the bytes of the request break off")
      : malformed();
  }

  #next(): { kind: FrameKind; bytes: Uint8Array } | undefined {
    const head = this.#read(frameHeadLength);
    if (head === undefined) return undefined;
    const { kind, length } = parseFrameHead(head);
    if (this.#room.length < length) this.#room = new Uint8Array(length);
    const bytes = this.#read(length, this.#room.subarray(0, length));
    if (bytes === undefined) throw malformed();
    return { kind, bytes };
  }

  #read(
    length: number,
    bytes: Uint8Array = new Uint8Array(length),
  ): Uint8Array | undefined {
    let at = 0;
    while (at < length) {
      const count = this.#source.readSync(bytes.subarray(at));
      if (count === null) return undefined;
      at += count;
    }
    return bytes;
  }
}
