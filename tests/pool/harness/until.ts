/**
 * Waiting for what daemons do in their own time.
 *
 * @module
 */

/**
 * Asks `condition` again and again until it answers true. Throws with `what`
 * after `seconds` (60), or as soon as `condition` throws.
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
