/** Holds the lock on a user log for some seconds: `hold_log_lock.ts LOG FOLDER SECONDS`. */
import { LogLock } from "../../lib/user_log/mod.ts";

const [log, folder, seconds] = Deno.args;
{
  await using _lock = await LogLock.take(log, { folder: folder || undefined });
  console.log("locked");
  await new Promise((resolve) => setTimeout(resolve, 1000 * Number(seconds)));
}
console.log("free");
