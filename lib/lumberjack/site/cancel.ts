/**
 * Telling a site which jobs were removed here. The site gets a small file
 * `EXPORT-ID.cancel` in the place where bundles go: one job id a line. It may come
 * again, with more jobs.
 *
 * @module
 */
import { join } from "@std/path";
import { writeTextDurably } from "../../queue_log/mod.ts";
import { CancelList } from "../export_dir/cancel_file.ts";
import { compareJobIds, formatJobId, type JobId } from "../job/id.ts";
import type { SiteFolder } from "./site_folder.ts";
import type { Transport } from "./transport/transport.ts";

/** The jobs of an export that the site is to cancel. */
export interface Cancelled {
  /** The jobs, as `CLUSTER.PROC`, in order. */
  readonly jobs: readonly string[];
  /** How many of them the site was told. */
  readonly told: number;
}

/** Adds jobs to those that the site is to cancel. */
export function cancelToo(
  before: Cancelled | undefined,
  jobs: readonly JobId[],
): Cancelled {
  const all = new Set([
    ...before?.jobs ?? [],
    ...[...jobs].sort(compareJobIds).map(formatJobId),
  ]);
  return { jobs: [...all], told: before?.told ?? 0 };
}

/** Tells the site. Repeating it does no harm. */
export async function sendCancel(
  transport: Transport,
  { outbox }: SiteFolder,
  exportId: string,
  jobs: readonly string[],
): Promise<void> {
  const path = join(outbox, `${exportId}.cancel`);
  writeTextDurably(path, new CancelList(jobs).text, { mode: 0o644 });
  await transport.send(path);
  Deno.removeSync(path);
}
