import {
  CedarError,
  type SecurityContext,
  startCommand,
} from "../cedar/mod.ts";
import {
  DC_OFF_FAST,
  DC_OFF_GRACEFUL,
  DC_OFF_PEACEFUL,
  DC_RECONFIG_FULL,
} from "./commands.ts";
import { remedyFor } from "./denied.ts";
import { DaemonError } from "./errors.ts";

/** How a daemon stops. */
export type Shutdown = "peaceful" | "graceful" | "fast";

const offCommands: Readonly<Record<Shutdown, number>> = {
  peaceful: DC_OFF_PEACEFUL,
  graceful: DC_OFF_GRACEFUL,
  fast: DC_OFF_FAST,
};

/**
 * Tells a daemon to stop. When this function returns, the daemon has only
 * started to stop. A running master starts its daemons again; tell the master
 * instead.
 *
 * @param address The daemon's own address, a sinful string.
 * @throws {DaemonError} If the daemon cannot be reached, or we lack the
 * permission (ALLOW_ADMINISTRATOR).
 */
export async function turnOff(
  address: string,
  how: Shutdown,
  security: SecurityContext,
): Promise<void> {
  await tell(address, offCommands[how], security);
}

/**
 * Tells a daemon to read its configuration again.
 *
 * @param address The daemon's own address, a sinful string.
 * @throws {DaemonError} If the daemon cannot be reached, or we lack the
 * permission (ALLOW_ADMINISTRATOR).
 */
export async function reconfigure(
  address: string,
  security: SecurityContext,
): Promise<void> {
  await tell(address, DC_RECONFIG_FULL, security);
}

/** Sends a command that has no payload. Nothing follows the handshake. */
async function tell(
  address: string,
  command: number,
  security: SecurityContext,
): Promise<void> {
  try {
    using _connection = await startCommand(address, command, { security });
  } catch (error) {
    if (!(error instanceof CedarError)) throw error;
    throw new DaemonError(
      `the daemon did not take the command (${error.message})`,
      {
        cause: error,
        subject: error.subject ?? address,
        remedy: remedyFor(error, command),
      },
    );
  }
}
