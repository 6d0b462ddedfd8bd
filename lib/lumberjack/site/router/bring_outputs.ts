import { join } from "@std/path";
import type { ClassAd } from "../../../classad/mod.ts";
import { LumberjackError } from "../../error.ts";
import { OwnerProcess } from "../../files/owner/owner_process.ts";
import { recordsOf } from "../../files/return/job_records.ts";
import { OutputSorter } from "../../files/return/output_sorter.ts";
import { placeOutputsAs } from "../../files/return/place_outputs.ts";
import { readFolder } from "../../files/tree/folder_reader.ts";
import { integerOf } from "../../job/attribute_values.ts";
import { JobStatus } from "../../job/eligibility.ts";
import { formatJobId } from "../../job/id.ts";
import { idOf } from "./staged_job.ts";

/** Whether outputs of a copy are not home yet. */
export function hasOutputs(stage: string): boolean {
  try {
    return Deno.lstatSync(join(stage, "outputs")).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Brings the outputs of a copy to the places that its source names, as the owner:
 * all, or none. May be repeated. Throws {@linkcode LumberjackError}.
 */
export async function bringOutputs(
  stage: string,
  source: ClassAd,
  copy: ClassAd,
): Promise<void> {
  if (!hasOutputs(stage)) return;
  await using owner = OwnerProcess.ourselves();
  const id = formatJobId(idOf(source));
  const status = integerOf(copy, "JobStatus") ?? JobStatus.completed;
  const [{ problem }] = await placeOutputsAs(
    owner,
    recordsOf({
      id,
      sorter: new OutputSorter(source, copy, status),
      entries: readFolder(join(stage, "outputs")),
    }),
    { onConflict: "replace", prefix: `.lumberjack-${id}-` },
  );
  if (problem !== undefined) {
    throw new LumberjackError("cannot bring the outputs of a copy home", {
      subject: problem,
      remedy: "correct it; the hook tries it again",
    });
  }
  Deno.renameSync(join(stage, "outputs"), join(stage, "home"));
}
