import { assertEquals } from "@std/assert";
import { type Session, SessionCache } from "../../lib/cedar/mod.ts";

const here = "<127.0.0.1:9618>";

function session(more: Partial<Session> = {}): Session {
  return {
    id: "s:1",
    encryption: true,
    validCommands: new Set([60011]),
    lease: 0,
    used: 0,
    ...more,
  };
}

Deno.test("SessionCache finds by address and command", () => {
  const cache = new SessionCache();
  cache.add(here, session());
  assertEquals(cache.find(here, 60011)?.id, "s:1");
  assertEquals(cache.find(here, 516), undefined);
  assertEquals(cache.find("<127.0.0.1:1>", 60011), undefined);
});

Deno.test("SessionCache drops sessions that expired or were unused longer than their lease", () => {
  let now = 1000;
  const cache = new SessionCache(() => now);
  cache.add(here, session({ id: "expires", expires: 2000 }));
  cache.add("leased", session({ id: "leased", lease: 500, used: 1000 }));
  now = 1400;
  assertEquals(cache.find("leased", 60011)?.id, "leased");
  now = 1800; // Used at 1400: the lease holds until 1900.
  assertEquals(cache.find("leased", 60011)?.id, "leased");
  assertEquals(cache.find(here, 60011)?.id, "expires");
  now = 2400;
  assertEquals(cache.find("leased", 60011), undefined);
  assertEquals(cache.find(here, 60011), undefined);
  assertEquals(cache.size, 0);
});

Deno.test("SessionCache prefers the newest session, forgets invalid ones and keeps 16", () => {
  const cache = new SessionCache();
  for (let i = 0; i < 100; i++) cache.add(here, session({ id: `s:${i}` }));
  assertEquals(cache.size, 16);
  assertEquals(cache.find(here, 60011)?.id, "s:99");
  cache.invalidate("s:99");
  assertEquals(cache.find(here, 60011)?.id, "s:98");
  cache.clear();
  assertEquals(cache.size, 0);
});
