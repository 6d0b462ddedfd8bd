/** Runs one of HTCondor's tools. Returns its output; undefined if it failed. */
export async function askCondor(
  tool: "condor_config_val" | "condor_status",
  args: readonly string[],
): Promise<string | undefined> {
  const options: Deno.CommandOptions = {
    ...{ args: [...args], stdin: "null", stderr: "null" },
  };
  try {
    const { success, stdout } = tool === "condor_status"
      ? await new Deno.Command("condor_status", options).output()
      : await new Deno.Command("condor_config_val", options).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Runs another Lumberjack to ask for its version. Returns undefined if it cannot be
 * started.
 */
export async function versionOf(program: string): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$0" --version', program],
    ...{ stdin: "null", stderr: "null" },
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}
