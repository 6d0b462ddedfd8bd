/**
 * Writes copies to the disk while the next files are copied. All copies are made
 * durable at the end, with one sync.
 *
 * @module
 */
import { EarlySync } from "../tree/early_sync.ts";
import type { Service, ServiceCaller } from "./service.ts";

/** A smaller file is not worth a sync of its own, in bytes. */
const largeFile = 1024 * 1024;

/** The copies of this process. */
const copies = new EarlySync();

/**
 * Starts to write a file to the disk, unless another one is being written. Throws
 * if an earlier file could not be written.
 */
export function syncEarly(path: string, size: number): void {
  copies.throwFailure();
  if (size >= largeFile) copies.start(() => sync(path));
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.syncData();
}

/** Waits for the file that the owner's process is writing to the disk. */
export async function finishCopiesAs(owner: ServiceCaller): Promise<void> {
  await owner.call("finishCopies", null);
}

/** Does the work of {@linkcode finishCopiesAs} as the owner. */
export const finishCopies: Service = async (_params, { alive }) => {
  const timer = setInterval(alive, 1000);
  try {
    await copies.settle();
  } finally {
    clearInterval(timer);
  }
  copies.throwFailure();
  return { result: null };
};
