/**
 * The secret by which the daemons of one run know each other.
 *
 * @module
 */
import { join } from "@std/path";
import { writeTextDurably } from "../../queue_log/mod.ts";
import { RemoteError } from "./error.ts";

/** Where the secrets of a pool are, below its folder. Only its user may read them. */
export function secretsFolder(pool: string): string {
  return join(pool, "secrets");
}

/**
 * Makes a signing key, which replaces the one of an earlier run. HTCondor refuses
 * the tokens of earlier runs from then on.
 */
export function makeSigningKey(pool: string): void {
  const folder = secretsFolder(pool);
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const name of ["keys", "tokens"]) {
    Deno.mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }
  Deno.chmodSync(folder, 0o700);
  const random = crypto.getRandomValues(new Uint8Array(48));
  // HTCondor takes the key up to the first zero byte, so it is made of digits.
  const key = [...random].map((byte) => byte.toString(16).padStart(2, "0"));
  writeTextDurably(join(folder, "keys", "POOL"), key.join(""), { mode: 0o600 });
}

/**
 * Makes the token, with HTCondor's own program. Throws {@linkcode RemoteError}.
 */
export async function makeToken(
  pool: string,
  config: string,
  identity: string,
): Promise<void> {
  let said: string;
  try {
    const { success, stdout, stderr } = await new Deno.Command(
      "condor_token_create",
      {
        args: ["-identity", identity, "-key", "POOL"],
        env: { CONDOR_CONFIG: config },
        stdin: "null",
      },
    ).output();
    const token = new TextDecoder().decode(stdout).trim();
    if (success && token !== "") {
      const path = join(secretsFolder(pool), "tokens", "run");
      writeTextDurably(path, `${token}\n`, { mode: 0o600 });
      return;
    }
    said = new TextDecoder().decode(stderr).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    said = error.message;
  }
  throw new RemoteError("cannot make the token of this run", {
    subject: `condor_token_create: ${said}`,
    remedy: "check that HTCondor is installed completely",
  });
}
