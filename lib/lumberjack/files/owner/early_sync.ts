/**
 * Writes copies to the disk while the next files are copied. All copies are made
 * durable at the end, with one sync. The disk has less left to do then.
 *
 * @module
 */
import type { Service, ServiceCaller } from "./service.ts";

/** A smaller file is not worth a sync of its own, in bytes. */
const largeFile = 1024 * 1024;

/** The file that is being written now; why that failed. */
let running: Promise<unknown> | undefined;
/** Why an earlier file could not be written. */
let failure: unknown;

/**
 * Starts to write a file to the disk, unless another one is being written: nobody
 * waits here for a slow disk. Throws if an earlier file could not be written.
 */
export function syncEarly(path: string, size: number): void {
  throwFailure();
  if (size < largeFile || running !== undefined) return;
  running = sync(path).catch((error) => {
    failure = error;
  }).finally(() => {
    running = undefined;
  });
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.syncData();
}

function throwFailure(): void {
  if (failure === undefined) return;
  const thrown = failure;
  failure = undefined;
  throw thrown;
}

/** Waits for the file that the owner's process is writing to the disk. */
export async function finishCopiesAs(owner: ServiceCaller): Promise<void> {
  await owner.call("finishCopies", null);
}

/** Does the work of {@linkcode finishCopiesAs} as the owner. */
export const finishCopies: Service = async (_params, { alive }) => {
  const timer = setInterval(alive, 1000);
  try {
    await running;
  } finally {
    clearInterval(timer);
  }
  throwFailure();
  return { result: null };
};
