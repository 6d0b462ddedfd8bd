/** The variables of the system's loader begin with this. */
const prefix = "LD_";
/** Under this they go on. The HTCondor of a remote run gets them back. */
const aside = "LUMBERJACK_LD_";

/**
 * Renames the variables of the system's loader, such as LD_LIBRARY_PATH, which
 * Apptainer sets, and LD_PRELOAD, which some HPC centres set. With narrow
 * permissions, Deno starts no program while there are any.
 */
export function setLoaderVariablesAside(): void {
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    if (!name.startsWith(prefix)) continue;
    Deno.env.set(aside + name.slice(prefix.length), value);
    Deno.env.delete(name);
  }
}
