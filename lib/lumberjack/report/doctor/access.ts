import { ok, plainVersion, type Tell, warning } from "./finding.ts";
import type { ScheddSubject } from "./subjects.ts";

/** Tells whether the schedd lets us read its queue. */
export async function examineReading(
  { schedd }: ScheddSubject,
  tell: Tell,
): Promise<void> {
  const { version } = await schedd.hello("READ");
  tell(ok("reading", `allowed; ${plainVersion(version)}`));
}

/** Tells whether the schedd lets us change jobs, whose jobs, and as which user. */
export async function examineChanging(
  { schedd, config }: ScheddSubject,
  tell: Tell,
): Promise<void> {
  const peer = await schedd.hello("WRITE");
  const user = peer.authenticatedUser;
  if (user === undefined) {
    tell({
      check: "changing",
      state: "failed",
      message: "the schedd lets us in without knowing who we are",
      remedy:
        "set SEC_CLIENT_AUTHENTICATION = REQUIRED and SEC_CLIENT_AUTHENTICATION_METHODS",
    });
    return;
  }
  tell(ok(
    "changing",
    `allowed as ${user} by ${peer.method}, ${
      peer.encrypted ? "encrypted" : "not encrypted"
    }`,
  ));
  const name = user.split("@")[0];
  const superUsers = config.list("QUEUE_SUPER_USERS");
  tell(
    superUsers.includes(name) || superUsers.includes(user)
      ? ok("authorization", `${name} may change every user's jobs`)
      : warning(
        "authorization",
        `${name} may change its own jobs only`,
        `run as one of QUEUE_SUPER_USERS (${superUsers.join(", ")})`,
      ),
  );
}
