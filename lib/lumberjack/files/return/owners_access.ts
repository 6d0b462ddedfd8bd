import { findUser, type UserIds } from "../../../condor/user_database.ts";
import { OwnerProcess } from "../owner/owner_process.ts";
import type { ServiceCaller } from "../owner/service.ts";

/**
 * Starts to act as the owner of jobs whose files come home, or returns why it
 * cannot. Only root and the owner may do this. Another user would follow the
 * owner's links with his own rights.
 */
export function actAsOwner(
  name: string,
):
  | { readonly owner: ServiceCaller; readonly ids?: UserIds }
  | { readonly problem: string } {
  const ids = findUser(name);
  if (ids === undefined) {
    return {
      problem: `this host knows no user ${name}, whose files these are`,
    };
  }
  const us = Deno.uid();
  if (us !== 0 && us !== ids.uid) {
    return {
      problem:
        `only ${name} and root can bring its files home: import as one ` +
        "of them, or leave the files with --ads-only",
    };
  }
  return { owner: OwnerProcess.start({ name, ...ids }), ids };
}
