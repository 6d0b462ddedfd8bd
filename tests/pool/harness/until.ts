/**
 * Waits until daemons have done something.
 *
 * @module
 */

/**
 * Calls `condition` again and again until it returns true. If this takes longer
 * than `seconds`, it throws an error that names `what`. An error of `condition`
 * ends the wait, too.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!await condition()) {
    if (performance.now() > end) {
      throw new Error(`waited ${seconds} s in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
