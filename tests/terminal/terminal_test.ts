import { assertEquals } from "@std/assert";
import { Terminal } from "../../lib/terminal/mod.ts";

/**
 * A sink that keeps the bytes written to it. It is a terminal if `person` is
 * set.
 */
class Kept {
  readonly bytes: number[] = [];
  readonly #person: boolean;

  constructor(person: boolean) {
    this.#person = person;
  }

  writeSync(bytes: Uint8Array): number {
    this.bytes.push(...bytes);
    return bytes.length;
  }

  isTerminal(): boolean {
    return this.#person;
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes));
  }
}

function written(person: boolean, text: string): Kept {
  const out = new Kept(person), err = new Kept(person);
  const terminal = new Terminal({ out, err });
  terminal.line(text);
  terminal.message(text);
  terminal.flush();
  assertEquals(err.bytes, out.bytes);
  return out;
}

Deno.test("a file gets bytes that are not UTF-8 unchanged", () => {
  const { bytes } = written(false, "\udcff é \u{1f600}\udc80\x1b");
  assertEquals(
    bytes,
    [0xff, 0x20, 0xc3, 0xa9, 0x20, 0xf0, 0x9f, 0x98, 0x80, 0x80, 0x1b, 0x0a],
  );
});

Deno.test("a terminal gets no control characters and no bytes that are not UTF-8", () => {
  const { text } = written(true, "a\tb\x1b]0;title\x07\x9b\udc9b\rc\u{1f600}é");
  assertEquals(text, "a\tb\ufffd]0;title\ufffd\ufffd\ufffd\ufffdc\u{1f600}é\n");
});
