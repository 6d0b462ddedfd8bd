import { userInfo } from "node:os";
import { findUser } from "../../../condor/user_database.ts";
import { OwnerProcess } from "../../files/owner/owner_process.ts";
import { ok, type Tell, warning } from "./finding.ts";

/** A user that every host has, and that is not root. */
const anyUser = "nobody";

/**
 * Tells whose files can travel. Root needs to become the jobs' owners for that;
 * it is tried with a user that every host has.
 */
export async function examineFiles(_: unknown, tell: Tell): Promise<void> {
  if (Deno.uid() !== 0) {
    tell(ok("files", `what ${userInfo().username} may read can travel`));
    return;
  }
  const ids = findUser(anyUser);
  if (!ids) {
    tell(ok("files", `not tried: this host has no user ${anyUser}`));
    return;
  }
  try {
    await using owner = OwnerProcess.start({ name: anyUser, ...ids });
    await owner.call("identity", null);
    tell(
      ok("files", "root can act as the jobs' owners: their files can travel"),
    );
  } catch (error) {
    const why = error as { message?: string; subject?: string };
    tell(warning(
      "files",
      `root cannot act as the jobs' owners: ${why.message}: ${why.subject}`,
      "install util-linux (setpriv), and put the program where every user can run it",
    ));
  }
}
