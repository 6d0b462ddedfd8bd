/**
 * Waits until daemons have done something.
 *
 * @module
 */

/**
 * How much longer a busy machine may take than the tests say. A test that passes
 * never waits for longer than it has to.
 */
const patience = 3;

/**
 * Calls `condition` again and again until it returns true. The pauses are longer
 * than the calls: a condition that starts HTCondor's tools would otherwise keep a
 * core busy which the daemons need. If this takes longer
 * than three times `seconds`, it throws an error that names `what`. An error of
 * `condition` ends the wait, too.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const limit = patience * seconds;
  const end = performance.now() + limit * 1000;
  for (;;) {
    const begun = performance.now();
    if (await condition()) return;
    const now = performance.now();
    if (now > end) throw new Error(`waited ${limit} s in vain until ${what}`);
    const pause = Math.max(150, Math.min(1000, 2 * (now - begun)));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
