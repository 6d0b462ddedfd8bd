import { copyInputs } from "./copy_input.ts";
import { finishCopies } from "./early_sync.ts";
import { makeFolders, remove, removeJobFolders } from "./folders.ts";
import {
  appendToUserLog,
  endedInUserLog,
  seeUserLog,
} from "../events/owner_log.ts";
import { identity } from "./identity.ts";
import { inspect } from "./inspect.ts";
import { placeOutputs } from "../return/place_outputs.ts";
import { readFile } from "./read_file.ts";
import { readInput } from "./read_input.ts";
import type { Services } from "./service.ts";

/** Everything that can be done as a job's owner. */
export const ownerServices: Services = {
  appendToUserLog,
  copyInputs,
  endedInUserLog,
  finishCopies,
  identity,
  inspect,
  makeFolders,
  placeOutputs,
  readFile,
  readInput,
  remove,
  removeJobFolders,
  seeUserLog,
};
