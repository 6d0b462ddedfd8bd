import { identity } from "./identity.ts";
import { readFile } from "./read_file.ts";
import type { Services } from "./service.ts";

/** Everything that can be done as a job's owner. */
export const ownerServices: Services = {
  identity,
  readFile,
};
