import { assertEquals } from "@std/assert";
import { booleanEquivalent, compile, parse } from "../../lib/classad/mod.ts";
import {
  clusterConstraints,
  coveringConstraint,
} from "../../lib/lumberjack/cluster_constraint.ts";

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
  const constraints = [...clusterConstraints(clusters)];
  assertEquals(constraints.length, 6);
  assertEquals(constraints.flatMap(meant), clusters);
  assertEquals([...clusterConstraints([])], []);
  assertEquals([...clusterConstraints([5, 6, 7, 9])], [
    "ClusterId >= 5 && ClusterId <= 7 || ClusterId == 9",
  ]);
});

Deno.test("a constraint that covers clusters leaves out the widest gaps", () => {
  assertEquals(meant(coveringConstraint([])), []);
  assertEquals(coveringConstraint([4]), "ClusterId == 4");
  assertEquals(
    coveringConstraint([4, 5, 6, 9]),
    "ClusterId >= 4 && ClusterId <= 9 && (ClusterId >= 4 && ClusterId <= 6 || ClusterId == 9)",
  );
  const far = [1, 3, 100, 102, 200, 300, 400, 500, 600, 700, 800, 900];
  assertEquals(
    meant(coveringConstraint(far)).filter((cluster) => !far.includes(cluster))
      .length,
    // The seven gaps of 99 are left out, those between 1 and 200 are not.
    1 + 96 + 1 + 97,
  );
  for (const cluster of far) {
    assertEquals(meant(coveringConstraint(far)).includes(cluster), true);
  }
});
