import { LumberjackError } from "../../error.ts";
import {
  frameHead,
  frameHeadLength,
  type FrameKind,
  inFrames,
  malformed,
  parseFrameHead,
} from "./frame.ts";
import { failureFrom } from "./failure.ts";
import { widePipe } from "../tree/wide_pipe.ts";
import {
  emptyBody,
  type Json,
  type ServiceAnswer,
  type ServiceCaller,
  silenceLimit,
} from "./service.ts";

/** How a child process is started. */
export interface ChildOptions {
  /** The words of the command line, the program first. */
  readonly command: readonly [string, ...string[]];
  /** As whom it acts, for messages. */
  readonly name: string;
  /** Seconds without a sign of life after which it is killed. */
  readonly silence?: number;
}

/** Runs services in a child process. One child serves many calls, in order. */
export class ChildCaller implements ServiceCaller {
  readonly #name: string;
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #frames: FrameReader;
  readonly #said: Promise<string>;
  #hasEnded = false;
  /** The last call; the next one begins after it. */
  #last: Promise<unknown> = Promise.resolve();
  /** What is still to be read or written of the last call. */
  #rest: () => Promise<void> = () => Promise.resolve();

  /** Starts the child. */
  constructor({ command, name, silence = silenceLimit }: ChildOptions) {
    this.#name = name;
    this.#process = spawn(command, name);
    this.#writer = this.#process.stdin.getWriter();
    this.#said = lastWords(this.#process.stderr);
    this.#frames = new FrameReader(
      this.#process.stdout,
      silence * 1000,
      () => kill(this.#process),
    );
  }

  /** Whether the child has ended, so that every call fails. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** See {@linkcode ServiceCaller.call}. */
  call(
    service: string,
    params: Json,
    body: AsyncIterable<Uint8Array> = emptyBody,
  ): Promise<ServiceAnswer> {
    const call = this.#last.then(() => this.#call(service, params, body));
    this.#last = call.catch(() => {});
    return call;
  }

  async #call(
    service: string,
    params: Json,
    body: AsyncIterable<Uint8Array>,
  ): Promise<ServiceAnswer> {
    await this.#rest();
    // The child may answer before it has read everything, so both go on at once.
    const sending = this.#send({ service, params }, body);
    const frames = this.#frames;
    let kind = await this.#next();
    while (kind === "alive") kind = await this.#next();
    if (kind !== "head") {
      this.#rest = () => sending;
      if (kind !== "failure") throw malformed();
      throw failureFrom(await frames.json());
    }
    const result = await frames.json();
    const { pieces, settled } = this.#body();
    this.#rest = async () => {
      await settled();
      await sending;
    };
    return { result, body: pieces };
  }

  /**
   * The body of the current answer. It can be read once. `settled` is fulfilled
   * when nobody reads it any more; if nobody has begun, that is now.
   */
  #body(): {
    readonly pieces: AsyncIterable<Uint8Array>;
    readonly settled: () => Promise<void>;
  } {
    let ended = false;
    let begun = false;
    const reader = Promise.withResolvers<void>();
    const read = async (): Promise<IteratorResult<Uint8Array>> => {
      while (!ended) {
        const piece = await this.#frames.piece();
        if (piece !== undefined) return { done: false, value: piece };
        const kind = await this.#next();
        if (kind === "data" || kind === "alive") continue;
        ended = true;
        if (kind === "failure") throw failureFrom(await this.#frames.json());
        if (kind !== "end") throw malformed();
      }
      return { done: true, value: undefined };
    };
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      begun = true;
      try {
        const result = await read();
        if (result.done) reader.resolve();
        return result;
      } catch (error) {
        reader.resolve();
        throw error;
      }
    };
    // If the reader stops early, the next call reads the rest.
    const stop = (): Promise<IteratorResult<Uint8Array>> => {
      reader.resolve();
      return Promise.resolve({ done: true, value: undefined });
    };
    return {
      pieces: { [Symbol.asyncIterator]: () => ({ next, return: stop }) },
      settled: async () => {
        if (begun) await reader.promise;
        for (;;) if ((await read()).done) return;
      },
    };
  }

  /** Reads the head of the next frame. */
  async #next(): Promise<FrameKind> {
    const kind = await this.#frames.next();
    if (kind !== undefined) return kind;
    this.#hasEnded = true;
    const { code, signal } = await this.#process.status;
    const why = (await this.#said).trim() ||
      (signal ? `killed by ${signal}` : `exit status ${code}`);
    throw new LumberjackError(`the process that acts as ${this.#name} ended`, {
      subject: why,
      remedy: "the program has to stand where every user can run it",
    });
  }

  async #send(head: Json, body: AsyncIterable<Uint8Array>): Promise<void> {
    const encoder = new TextEncoder();
    const request = encoder.encode(JSON.stringify(head));
    try {
      if (body === emptyBody) {
        // Most calls have no body: each then is one write.
        await this.#write(framed("head", request), framed("end"));
        return;
      }
      await this.#write(framed("head", request));
      try {
        for await (const piece of body) {
          for (const part of inFrames(piece)) {
            await this.#write(frameHead("data", part.length), part);
          }
        }
        await this.#write(framed("end"));
      } catch {
        await this.#write(framed("failure", encoder.encode("{}")));
      }
    } catch {
      // The child is gone; whoever reads its answer learns that.
    }
  }

  async #write(...parts: Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, { length }) => sum + length, 0);
    if (length <= mostJoined) {
      await this.#writer.write(joined(parts, length));
    } else {
      for (const part of parts) await this.#writer.write(part);
    }
  }

  /** Ends the child: it stops when its input ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#writer.close();
    } catch {
      // It has ended already.
    }
    await this.#frames.cancel();
    await this.#process.status;
    await this.#said;
  }
}

function spawn(
  [program, ...args]: readonly [string, ...string[]],
  name: string,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      // Our own folder may be closed to the owner.
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new LumberjackError(`cannot act as ${name}`, {
      cause,
      subject: program,
      remedy: "install util-linux, which has setpriv",
    });
  }
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** Returns the end of what a child writes to its standard error. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) {
    text = (text + decoder.decode(piece, { stream: true })).slice(-2000);
  }
  return text;
}

/** How much is read at once, in bytes: a pipe holds no more. */
const bufferSize = widePipe;

/** Reads frames from a child, and ends it when it is silent for too long. */
class FrameReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #silence: number;
  readonly #giveUp: () => void;
  /** Takes what is read. To make a new one each time would cost more than to read. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(bufferSize);
  #bytes: Uint8Array = new Uint8Array();
  /** How many bytes of the current frame have not been returned yet. */
  #left = 0;

  constructor(
    stream: ReadableStream<Uint8Array>,
    silence: number,
    giveUp: () => void,
  ) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#silence = silence;
    this.#giveUp = giveUp;
  }

  /** Reads the head of the next frame; undefined when the child has ended. */
  async next(): Promise<FrameKind | undefined> {
    if (this.#left > 0) throw malformed();
    const head = await this.#exactly(frameHeadLength);
    if (head === undefined) return undefined;
    const { kind, length } = parseFrameHead(head);
    this.#left = length;
    return kind;
  }

  /** Reads the rest of the current frame as JSON. */
  async json(): Promise<unknown> {
    const bytes = await this.#exactly(this.#left);
    this.#left = 0;
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      throw malformed();
    }
  }

  /** Returns some bytes of the current frame, or undefined at its end. */
  async piece(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    if (this.#bytes.length === 0 && !await this.#fill()) throw malformed();
    const piece = this.#bytes.subarray(0, this.#left);
    this.#bytes = this.#bytes.subarray(piece.length);
    this.#left -= piece.length;
    return piece;
  }

  /** Stops reading. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  async #exactly(length: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let left = length;
    while (left > 0) {
      if (this.#bytes.length === 0 && !await this.#fill()) return undefined;
      const part = this.#bytes.subarray(0, left);
      this.#bytes = this.#bytes.subarray(part.length);
      left -= part.length;
      if (part.length === length) return part;
      parts.push(part);
    }
    return joined(parts, length);
  }

  async #fill(): Promise<boolean> {
    const timer = setTimeout(this.#giveUp, this.#silence);
    try {
      const { done, value } = await this.#reader.read(this.#buffer);
      if (value === undefined) return false;
      this.#buffer = new Uint8Array(value.buffer);
      this.#bytes = value;
      return !done;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Bytes that are written together, to save a call of the system. */
const mostJoined = 64 * 1024;

function framed(
  kind: FrameKind,
  bytes: Uint8Array = new Uint8Array(),
): Uint8Array {
  const head = frameHead(kind, bytes.length);
  return joined([head, bytes], head.length + bytes.length);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
