/** Text that is HTML already. */
export class Html {
  /** The text. */
  readonly text: string;

  /** `text` is trusted: it is put into the page as it is. */
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | undefined | readonly Html[];

/**
 * Makes HTML out of a template. What is put in is escaped, unless it is HTML
 * itself: names of users, sites and files come from strangers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(html`<b title="${'"'}">${"<i>"}</b>`.text, '<b title="&quot;">&lt;i&gt;</b>');
 * ```
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let text = strings[0];
  for (const [at, part] of parts.entries()) {
    text += textOf(part) + strings[at + 1];
  }
  return new Html(text);
}

function textOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return String(part).replace(
    /[&<>"']/g,
    (character) => escapes[character],
  );
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
