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

/** Those of the clusters up to 1000 that a constraint means. */
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

Deno.test("constraints for clusters mean them and no others", () => {
  const clusters = Array.from({ length: 300 }, (_, i) => 3 * i + (i >> 3) % 2);
  const [constraint, ...more] = clusterConstraints(clusters);
  assertEquals([meant(constraint), more], [clusters, []]);
  const many = Array.from({ length: 1000 }, (_, i) => 2 * i);
  const constraints = [...clusterConstraints(many)];
  assertEquals(constraints.length, 3);
  assertEquals(constraints.flatMap(meant), many.filter((id) => id < 1000));
  // Every third run is long.
  const mixed = Array.from({ length: 900 }, (_, id) => id)
    .filter((id) => id % 20 < 9 || id % 20 === 12 || id % 20 === 14);
  assertEquals([...clusterConstraints(mixed)].flatMap(meant), mixed);
  assertEquals([...clusterConstraints([])], []);
  assertEquals([...clusterConstraints([7])], ["ClusterId == 7"]);
  assertEquals([...clusterConstraints([1, 5, 6, 7, 8, 9])], [
    "(ClusterId >= 5 && ClusterId <= 9) || (ClusterId == 1)",
  ]);
});

Deno.test("a constraint that covers clusters leaves out the widest gaps", () => {
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
  // The seven gaps of 99 are left out, those between 1 and 200 are not.
  assertEquals(covered.length - far.length, 1 + 96 + 1 + 97);
});

Deno.test("a batch is asked for by what selected it", () => {
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
