import { assertEquals } from "@std/assert";
import {
  booleanEquivalent,
  compile,
  parse,
} from "../../../../lib/classad/mod.ts";
import {
  batchConstraint,
  clusterConstraints,
  coveringConstraint,
} from "../../../../lib/lumberjack/queue/schedd/cluster_constraint.ts";

/** Returns the clusters below 1000 for which a constraint is true. */
function meant(constraint: string): number[] {
  const compiled = compile(constraint);
  return Array.from({ length: 1000 }, (_, cluster) => cluster).filter(
    (cluster) => {
      const lookup = (name: string) =>
        name.toLowerCase() === "clusterid" ? parse(`${cluster}`) : undefined;
      return booleanEquivalent(compiled.evaluate({ lookup })) === true;
    },
  );
}

Deno.test("constraints for clusters are true for these clusters and no others", () => {
  const clusters = Array.from({ length: 300 }, (_, i) => 3 * i + (i >> 3) % 2);
  const [constraint, ...more] = clusterConstraints(clusters);
  assertEquals([meant(constraint), more], [clusters, []]);
  const many = Array.from({ length: 1000 }, (_, i) => 2 * i);
  const constraints = [...clusterConstraints(many)];
  assertEquals(constraints.length, 3);
  assertEquals(constraints.flatMap(meant), many.filter((id) => id < 1000));
  // Every third sequence of consecutive numbers is long.
  const mixed = Array.from({ length: 900 }, (_, id) => id)
    .filter((id) => id % 20 < 9 || id % 20 === 12 || id % 20 === 14);
  assertEquals([...clusterConstraints(mixed)].flatMap(meant), mixed);
  assertEquals([...clusterConstraints([])], []);
  assertEquals([...clusterConstraints([7])], ["ClusterId == 7"]);
  assertEquals([...clusterConstraints([1, 5, 6, 7, 8, 9])], [
    "(ClusterId >= 5 && ClusterId <= 9) || (ClusterId == 1)",
  ]);
});

Deno.test("a constraint that covers clusters excludes the widest gaps between them", () => {
  assertEquals(meant(coveringConstraint([], 8)), []);
  assertEquals(coveringConstraint([4], 8), "ClusterId == 4");
  assertEquals(
    coveringConstraint([4, 5, 6, 9], 1),
    "ClusterId >= 4 && ClusterId <= 9",
  );
  assertEquals(meant(coveringConstraint([4, 5, 6, 9], 2)), [4, 5, 6, 9]);
  const far = [1, 3, 100, 102, 200, 300, 400, 500, 600, 700, 800, 900];
  const covered = meant(coveringConstraint(far, 8));
  assertEquals(covered.filter((id) => far.includes(id)), far);
  // It excludes the seven gaps of 99, and includes the gaps between 1 and 200.
  assertEquals(covered.length - far.length, 1 + 96 + 1 + 97);
});

Deno.test("the constraint for a batch includes the constraint that selected its jobs", () => {
  assertEquals(
    batchConstraint([4, 9], 'Owner == "a"'),
    '(ClusterId >= 4 && ClusterId <= 9) && Owner == "a"',
  );
  const few = [1, 50, 51, 900];
  assertEquals(meant(batchConstraint(few, undefined)), few);
  const many = Array.from({ length: 400 }, (_, i) => 2 * i);
  const all = meant(batchConstraint(many, undefined));
  assertEquals(all.filter((id) => id % 2 === 0), many);
  assertEquals(meant(batchConstraint([], undefined)), []);
});
