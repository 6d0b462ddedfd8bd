/**
 * Holds the lock on a user log until a file is there: `hold_log_lock.ts LOG FOLDER FILE`.
 */
import { LogLock } from "../../lib/user_log/mod.ts";

const [log, folder, file] = Deno.args;
{
  await using _lock = await LogLock.take(log, { folder: folder || undefined });
  console.log("locked");
  while (await Deno.stat(file).catch(() => undefined) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
console.log("free");
