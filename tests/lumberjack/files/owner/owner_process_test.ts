import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ChildCaller } from "../../../../lib/lumberjack/files/owner/child_process.ts";
import { ServiceError } from "../../../../lib/lumberjack/files/owner/failure.ts";
import { InProcessCaller } from "../../../../lib/lumberjack/files/owner/in_process.ts";
import { OwnerProcess } from "../../../../lib/lumberjack/files/owner/owner_process.ts";
import type { ServiceCaller } from "../../../../lib/lumberjack/files/owner/service.ts";
import { LumberjackError } from "../../../../lib/lumberjack/error.ts";
import { testServices } from "./child.ts";

function startChild(silence?: number): ChildCaller {
  const child = fromFileUrl(new URL("./child.ts", import.meta.url));
  return new ChildCaller({
    command: [Deno.execPath(), "run", "--quiet", "--no-check", "-A", child],
    name: "alice",
    silence,
  });
}

async function* pieces(...lengths: number[]): AsyncGenerator<Uint8Array> {
  for (const length of lengths) {
    await Promise.resolve();
    yield new Uint8Array(length).fill(length % 251);
  }
}

async function lengthOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const piece of body) length += piece.length;
  return length;
}

async function check(caller: ServiceCaller): Promise<void> {
  const params = { text: "blåbær\n", list: [1, null, true] };
  const echo = await caller.call("echo", params, pieces(1, 3_000_000, 70_000));
  assertEquals(echo.result, params);
  assertEquals(await lengthOf(echo.body), 3_070_001);
  const count = await caller.call("count", null, pieces(5, 6));
  assertEquals(count.result, 11);
  assertEquals(await lengthOf(count.body), 0);
  const none = await caller.call("count", null);
  assertEquals(none.result, 0);
  const error = await assertRejects(
    () => caller.call("refuse", null, pieces(2_000_000)),
    LumberjackError,
    "cannot do it",
  );
  assertEquals(error.remedy, "do not ask");
  const broken = await caller.call("breakOff", null);
  let seen = 0;
  await assertRejects(
    async () => {
      for await (const piece of broken.body) seen += piece.length;
    },
    LumberjackError,
    "the disk is gone",
  );
  assertEquals(seen, 300_000);
  // After these errors the service still answers.
  assertEquals((await caller.call("echo", "still here")).result, "still here");
}

Deno.test("a service can run in this process", async () => {
  await using caller = new InProcessCaller(testServices);
  await check(caller);
});

Deno.test("a service can run in a child process, and bytes go in both directions", async () => {
  await using caller = startChild();
  await check(caller);
});

Deno.test("a call ignores the unread bytes of the call before it", async () => {
  await using caller = startChild();
  const first = await caller.call("echo", 1, pieces(3_000_000));
  for await (const _ of first.body) break;
  assertEquals((await caller.call("echo", 2)).result, 2);
  await caller.call("echo", 3, pieces(3_000_000));
  assertEquals((await caller.call("echo", 4)).result, 4);
});

Deno.test("a call waits until the bytes of the call before it have been read", async () => {
  await using caller = startChild();
  const first = await caller.call("echo", 1, pieces(1_000_000, 2_000_000));
  const length = lengthOf(first.body);
  const others = [2, 3].map((number) => caller.call("echo", number));
  assertEquals(await length, 3_000_000);
  const answers = await Promise.all(others);
  assertEquals(answers.map(({ result }) => result), [2, 3]);
});

Deno.test("calls that are made at the same time are answered in order", async () => {
  await using caller = startChild();
  const answers = await Promise.all(
    [1, 2, 3, 4].map((number) => caller.call("echo", number)),
  );
  assertEquals(answers.map(({ result }) => result), [1, 2, 3, 4]);
});

Deno.test("control characters are removed from the error of a child process", async () => {
  await using caller = startChild();
  const error = await assertRejects(
    () => caller.call("refuse", null),
    ServiceError,
  );
  assertEquals(error.subject, "a b");
});

Deno.test("if a child process ends, the error shows the last line of its stderr", async () => {
  await using caller = startChild();
  const error = await assertRejects(
    () => caller.call("die", null),
    LumberjackError,
    "the process that acts as alice ended",
  );
  assertEquals(error.subject, "lumberjack: it hurts");
  await assertRejects(() => caller.call("echo", null), LumberjackError);
});

Deno.test("a child process that is silent for too long is killed, and one that shows signs of life is not", async () => {
  // A busy machine may need seconds to start a process.
  await using alive = startChild(4);
  assertEquals((await alive.call("wait", "alive")).result, "done");
  await using silent = startChild(1);
  const error = await assertRejects(
    () => silent.call("wait", "silent"),
    LumberjackError,
  );
  assertStringIncludes(error.subject ?? "", "SIGKILL");
});

Deno.test("a child process that breaks the protocol is an error", async () => {
  await using caller = startChild();
  await assertRejects(
    () => caller.call("lie", null),
    LumberjackError,
    "malformed",
  );
});

Deno.test("if the program of a child process does not exist, the error names the program", async () => {
  const error = await assertRejects(
    () =>
      Promise.resolve().then(() =>
        new ChildCaller({ command: ["/no/such/setpriv"], name: "alice" })
      ),
    LumberjackError,
    "cannot act as alice",
  );
  assertEquals(error.subject, "/no/such/setpriv");
});

Deno.test("Lumberjack needs no child process to act as its own user", async () => {
  const [uid, gid] = [Deno.uid()!, Deno.gid()!];
  await using owner = OwnerProcess.start({ name: "me", uid, gid });
  const { result } = await owner.call("identity", null);
  assertEquals(result, { uid, gid });
});
