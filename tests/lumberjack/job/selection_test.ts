import { assertEquals, assertThrows } from "@std/assert";
import { ClassAd, evaluate, parse } from "../../../lib/classad/mod.ts";
import { SelectionError } from "../../../lib/lumberjack/error.ts";
import {
  Selection,
  type SelectionRequest,
} from "../../../lib/lumberjack/job/selection.ts";

const ads = ["alice", "ALICE", "bob"].flatMap((owner) =>
  [1n, 2n].map((x) => new ClassAd([["Owner", owner], ["X", x]]))
);

Deno.test("a selection's expression is true for the same ads as the selection", () => {
  const requests: SelectionRequest[] = [
    { constraint: "X == 1" },
    { constraint: "X == 1 || X == 2", owner: "bob" },
    { constraint: "X == 1 // mine" },
    { owner: "alice" },
    { owner: 'al"ice' },
  ];
  for (const request of requests) {
    const selection = new Selection(request);
    const expression = parse(`true && ${selection.expression} && true`);
    for (const ad of ads) {
      assertEquals(
        evaluate(expression, ad),
        selection.matchesAd(ad),
        selection.expression,
      );
    }
  }
  assertEquals(new Selection({ ids: ["1"] }).expression, undefined);
});

Deno.test("an ID names a cluster with all its jobs, or one job", () => {
  const selection = new Selection({ ids: ["1", "2.3", "2.5"] });
  const named = (cluster: number, proc: number) =>
    selection.namesJob({ cluster, proc });
  assertEquals([named(1, 0), named(1, 9)], [true, true]);
  assertEquals([named(2, 3), named(2, 4), named(2, 5)], [true, false, true]);
  assertEquals([named(3, 0), new Selection({}).isEmpty], [false, true]);
});

Deno.test("a constraint that is a number or does not parse is refused", () => {
  for (const constraint of ["12", " 1.5 ", "Owner ==", ""]) {
    assertThrows(() => new Selection({ constraint }), SelectionError);
  }
});

Deno.test("a constraint that would hang a schedd is refused", () => {
  for (
    const constraint of [
      "[A0 = 0 ? e : A0].A0",
      "(".repeat(40) + "X" + " ?: 1)".repeat(40),
      Array(20_001).fill("X").join("||"),
    ]
  ) {
    assertThrows(
      () => new Selection({ constraint }),
      SelectionError,
      "constraint could hang a schedd",
    );
  }
});

Deno.test("a constraint that would hang a schedd only for a certain job is refused when that job is known", () => {
  const selection = new Selection({ constraint: "A0 == 1" });
  const sound = ClassAd.parse("[ A0 = 1 ]");
  const endless = ClassAd.parse("[ A0 = 0 ? e : A0 ]");
  assertEquals(selection.matches({ cluster: 1, proc: 0 }, sound), true);
  selection.assertEnds();
  assertEquals(selection.matches({ cluster: 1, proc: 1 }, endless), false);
  const error = assertThrows(() => selection.assertEnds(), SelectionError);
  assertEquals(error.subject, "1.1");
});
