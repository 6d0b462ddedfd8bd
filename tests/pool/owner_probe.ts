/**
 * Reads files as another user, and prints the results as JSON. Run it as root on
 * a machine: `owner_probe.ts NAME FILE...`.
 *
 * @module
 */
import { findUser } from "../../lib/condor/user_database.ts";
import { OwnerProcess } from "../../lib/lumberjack/files/owner/owner_process.ts";
import { readFileAs } from "../../lib/lumberjack/files/owner/read_file.ts";

const [name, ...files] = Deno.args;
const ids = findUser(name)!;
await using owner = OwnerProcess.start({ name, ...ids });
const { result } = await owner.call("identity", null);
const read: string[] = [];
for (const path of files) {
  try {
    const { body } = await readFileAs(owner, path);
    read.push(await new Response(ReadableStream.from(body)).text());
  } catch (error) {
    read.push(`${error}`);
  }
}
console.log(JSON.stringify({ ids, result, read }));
