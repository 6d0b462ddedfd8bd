/** The one line of an error: what went wrong, with what, what to do. */
export function describeError(error: unknown): string {
  return `lumberjack: ${reasonOf(error)}`;
}

/** The same without the program's name, as part of another line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { subject, remedy } = error as { subject?: unknown; remedy?: unknown };
  const parts = [error.message];
  if (typeof subject === "string" && subject !== "") parts.push(subject);
  if (typeof remedy === "string" && remedy !== "") parts.push(remedy);
  // deno-lint-ignore no-control-regex -- input quoted in a message must not drive the terminal
  return parts.join(": ").replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
}
