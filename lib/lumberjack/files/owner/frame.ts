/**
 * How a request and its answer pass between two of our processes: a head in
 * JSON, then bytes in pieces. Each frame is one letter for its kind, four bytes
 * for the length of what follows (big-endian), and that many bytes.
 *
 * @module
 */
import { LumberjackError } from "../../error.ts";

/**
 * The kinds of frames.
 *
 * - `head`: the request or the answer, as JSON.
 * - `data`: a piece of the body.
 * - `end`: the body is complete.
 * - `failure`: why there is no answer, or why the body breaks off, as JSON.
 * - `alive`: nothing yet, but the work goes on.
 */
export const frameKinds = {
  head: 0x48, // H
  data: 0x44, // D
  end: 0x45, // E
  failure: 0x46, // F
  alive: 0x41, // A
} as const;

/** The name of a kind of frame. */
export type FrameKind = keyof typeof frameKinds;

/** The length of what stands in front of a frame's contents, in bytes. */
export const frameHeadLength = 5;

/** The most that a frame of each kind may hold, in bytes. */
const longest: Readonly<Record<FrameKind, number>> = {
  head: 16 * 1024 * 1024,
  data: 1024 * 1024,
  end: 0,
  failure: 64 * 1024,
  alive: 0,
};

const kindsByByte = new Map<number, FrameKind>(
  Object.entries(frameKinds).map(([kind, byte]) => [byte, kind as FrameKind]),
);

/** Returns the head of a frame that holds `length` bytes. */
export function frameHead(kind: FrameKind, length: number): Uint8Array {
  if (length > longest[kind]) {
    throw new LumberjackError("a message to or from the owner is too long", {
      subject: `${length} bytes`,
    });
  }
  const head = new Uint8Array(frameHeadLength);
  head[0] = frameKinds[kind];
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

/**
 * Reads the head of a frame. Throws {@linkcode LumberjackError} for a kind that
 * does not exist and for a length that its kind may not have.
 */
export function parseFrameHead(
  bytes: Uint8Array,
): { readonly kind: FrameKind; readonly length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, frameHeadLength);
  const kind = kindsByByte.get(view.getUint8(0));
  const length = view.getUint32(1);
  if (kind === undefined || length > longest[kind]) throw malformed();
  return { kind, length };
}

/** Cuts a piece of a body into pieces that fit into a frame. */
export function* inFrames(piece: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < piece.length; at += longest.data) {
    yield piece.subarray(at, at + longest.data);
  }
}

/** The error for a message that does not follow the rules. */
export function malformed(): LumberjackError {
  return new LumberjackError(
    "a message from the owner's process is malformed",
    {
      remedy: "try again; if it happens again, the owner has tampered with it",
    },
  );
}
