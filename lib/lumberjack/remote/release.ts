import { dirname, join } from "@std/path";
import { RemoteError } from "./error.ts";
import type { Release } from "./pool_config.ts";

/**
 * Finds the HTCondor of this machine, by the PATH and where its packages put
 * condor_master. Throws {@linkcode RemoteError} if there is none.
 */
export function findRelease(): Release {
  const path = Deno.env.get("PATH") ?? "";
  const folders = [...path.split(":"), "/usr/sbin", "/opt/condor/sbin"];
  const sbin = folders.find((folder) => exists(join(folder, "condor_master")));
  if (sbin === undefined) {
    throw new RemoteError("this machine has no condor_master", {
      subject: `PATH is ${path}`,
      remedy: "run this in an image that has HTCondor, or install HTCondor",
    });
  }
  const top = dirname(Deno.realPathSync(join(sbin, "condor_master")));
  const release = dirname(top);
  const first = (...names: string[]) =>
    names.map((name) => join(release, name)).find(exists) ??
      join(release, names[0]);
  return {
    top: release,
    lib: first("lib/condor", "lib64/condor", "lib"),
    libexec: first("libexec/condor", "libexec"),
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
