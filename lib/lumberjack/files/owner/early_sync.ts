/**
 * Writes copies to the disk while the next files are copied. All copies are made
 * durable at the end, with one sync. The disk has little left to do then.
 *
 * @module
 */
import type { Service, ServiceCaller } from "./service.ts";

/** A smaller file is not worth a sync of its own, in bytes. */
const largeFile = 1024 * 1024;
/** How many files are written to the disk at a time. */
const mostAtOnce = 2;

/** The files that are being written, the oldest first. */
const waiting: Promise<unknown>[] = [];

/**
 * Starts to write a file to the disk. Waits if there are several already. Throws
 * if one of these could not be written.
 */
export async function syncEarly(path: string, size: number): Promise<void> {
  if (size < largeFile) return;
  if (waiting.length >= mostAtOnce) await oldest();
  // The promise is awaited later: until then it must not count as unhandled.
  waiting.push(sync(path).then(() => {}, (error) => error));
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.syncData();
}

async function oldest(): Promise<void> {
  const failure = await waiting.shift();
  if (failure !== undefined) throw failure;
}

/** Waits for the files that the owner's process is writing to the disk. */
export async function finishCopiesAs(owner: ServiceCaller): Promise<void> {
  await owner.call("finishCopies", null);
}

/** Does the work of {@linkcode finishCopiesAs} as the owner. */
export const finishCopies: Service = async (_params, { alive }) => {
  const timer = setInterval(alive, 1000);
  try {
    while (waiting.length > 0) await oldest();
  } finally {
    clearInterval(timer);
  }
  return { result: null };
};
