import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Overview } from "../../../lib/lumberjack/report/overview.ts";
import { joinData } from "../../../lib/lumberjack/report/page/page_data.ts";
import { renderPage } from "../../../lib/lumberjack/report/page/page.ts";
import type { HistoryEvent } from "../../../lib/lumberjack/site/journal/history.ts";

const now = new Date("2026-11-30T08:00:00Z");

const event = (
  day: number,
  kind: HistoryEvent["event"],
  exportId: string,
  rest: Partial<HistoryEvent> = {},
): HistoryEvent => ({
  at: `2026-11-${day}T06:00:00.000Z`,
  ...{ site: "ALCF", event: kind, exportId, owner: "alice" },
  ...rest,
});

const events = [
  event(27, "exported", "A", { jobs: 10 }),
  event(27, "sent", "A", { jobs: 10, bytes: 2e6 }),
  event(28, "imported", "A", { jobs: 4, bytes: 1e5 }),
  event(29, "imported", "A", { jobs: 6, bytes: 2e5 }),
  event(29, "exported", "B", { jobs: 5, owner: '<script>alert("x")' }),
];

const overview: Overview = {
  exports: [{
    ...{ exportId: "B", owner: '<script>alert("x")', state: "written" },
    ...{ jobs: 3, out: "/out", createdAt: "2026-11-29T06:00:00.000Z" },
    ...{ site: "ALCF", sentAt: null, ageSeconds: 93_600, overdue: false },
  }],
  locked: 3,
  sites: [{
    ...{ site: "ALCF", state: "trouble", jobs: 3, exports: 1, overdue: 0 },
  }],
  lastPass: null,
  stuck: [{
    what: "ALCF",
    since: "2026-11-30T03:00:00.000Z",
    reason: "send: no route & no <host>",
    commands: ["lumberjack sites ALCF check"],
  }],
};

const data = joinData("submit.test", { overview, events, now });

Deno.test("an export's journey is what the queue and the history say of it", () => {
  assertEquals(
    data.journeys.map(({ exportId, place, jobs, jobsAway, homeAt }) => [
      ...[exportId, place, jobs, jobsAway, homeAt],
    ]),
    [
      ["A", "home", 10, 0, "2026-11-29T06:00:00.000Z"],
      ["B", "stuck", 5, 3, undefined],
    ],
  );
  const [{ bytesSent, bytesBack }] = data.journeys;
  assertEquals([bytesSent, bytesBack], [2e6, 3e5]);
});

Deno.test("the page needs no network and no script, says problems first, and draws", () => {
  const page = renderPage(data);
  // In the value of an attribute, < has no meaning.
  const tags = page.replace(/="[^"]*"/g, "");
  assertEquals(tags.match(/<script|<link|<img|@import|url\(/g), null);
  // The one address is the name of the format.
  const addresses = page.match(/https?:\/\/[^"' ]*/g) ?? [];
  assertEquals(
    addresses.filter((name) => !name.startsWith("http://www.w3.org/")),
    [],
  );
  assertEquals(page.match(/<svg/g)?.length, 4);
  const problem = page.indexOf("send: no route &amp; no &lt;host&gt;");
  assert(problem > 0 && problem < page.indexOf("<svg"));
  // Each bar is a link, so that the keyboard reaches it, to a row that is there.
  const links = [...page.matchAll(/<a [^>]*href="#([^"]+)"/g)].map(([, id]) =>
    id
  );
  assert(links.includes("A") && links.includes("B"), links.join());
  for (const id of links) assertStringIncludes(page, `id="${id}"`);
});

Deno.test("a page without exports says that nothing is stuck", () => {
  const empty: Overview = {
    ...{ exports: [], locked: 0, sites: [], lastPass: null, stuck: [] },
  };
  const page = renderPage(
    joinData("submit.test", { overview: empty, events: [], now }),
  );
  assertStringIncludes(page, "Nothing is stuck.");
  assertEquals(page.includes("<svg"), false);
});
