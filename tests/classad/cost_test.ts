import { assertEquals } from "@std/assert";
import { evaluationCost, parse } from "../../lib/classad/mod.ts";
import { doubled, why } from "./costly.ts";

const MANY = "HTCondor may need more than 1000000 steps for each ad";
const CIRCLE = "an attribute in it refers to itself";
const DEEP = "its operators are nested more than 10000 levels deep";

Deno.test("whyTooCostly() finds expressions that could keep HTCondor busy for ever", () => {
  assertEquals(why("[A0 = 0 ? e : A0].A0"), CIRCLE);
  assertEquals(why("[A = B; B = { A }].B[0]"), CIRCLE);
  assertEquals(why("{ [A = A] }[0].A"), CIRCLE);
  assertEquals(why('eval("[A = A].A")'), CIRCLE);
  assertEquals(why('[A = eval(strcat("", "A"))].A'), CIRCLE);
  assertEquals(why('[S = "A"; A = eval(S)].A'), CIRCLE);
  assertEquals(why("X", "[ X = 0 ? e : X ]"), CIRCLE);
  assertEquals(why(doubled(40)), MANY);
  assertEquals(why("(".repeat(40) + "X" + " ?: 1)".repeat(40)), MANY);
  assertEquals(
    why("X ? (".repeat(40) + "random(0)" + ") : 0".repeat(40)),
    MANY,
  );
  assertEquals(
    why(
      `countMatches(${"countMatches(".repeat(6)}X${
        ", {1,2,3,4,5,6,7,8,9,10})".repeat(7)
      }`,
    ),
    MANY,
  );
  assertEquals(why(Array(20_001).fill("X").join(" || ")), DEEP);
  const chain = Array.from({ length: 20_000 }, (_, i) => `A${i + 1} = A${i}`);
  assertEquals(why(`[ ${chain.join("; ")} ].A20000`), DEEP);
});

Deno.test("whyTooCostly() accepts constraints that people write", () => {
  assertEquals(
    why("JobStatus == 1 && Owner == MY.User && A =!= TARGET.A"),
    undefined,
  );
  assertEquals(why("X", "[ X = Y + 1; Y = Z ?: 3 ]"), undefined);
  assertEquals(
    why(Array(9_000).fill("ClusterId == 1").join(" || ")),
    undefined,
  );
  assertEquals(why(`member(ClusterId, {${Array(50_000).fill(1)}})`), undefined);
  assertEquals(
    why("X ? (".repeat(100) + "time() > 1" + ") : f(X)".repeat(100)),
    undefined,
  );
  assertEquals(why("X ?: Y ?: Z ?: 0"), undefined);
});

Deno.test("evaluationCost() counts the steps of all operands, twice where 23.9 evaluates twice", () => {
  const steps = (text: string) => evaluationCost(parse(text)).steps;
  assertEquals(steps("1 + 2"), 3);
  assertEquals(steps("X ? 1 : 2"), 4);
  assertEquals(steps("1 ?: 2"), 4);
  assertEquals(steps("X ? random(0) : 2"), 1 + 1 + 2 * (2 + 1));
  assertEquals(steps(doubled(2)), 16);
});
