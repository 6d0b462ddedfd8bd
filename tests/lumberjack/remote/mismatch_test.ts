import { assertEquals } from "@std/assert";
import { ClassAd } from "../../../lib/classad/mod.ts";
import { failingClause } from "../../../lib/lumberjack/remote/mismatch.ts";

const slot = ClassAd.parse(
  '[ Memory = 1024; OpSys = "LINUX"; ' +
    "Requirements = (TARGET.MaxWallTimeMins ?: 0) <= 60 ]",
);

function clause(job: string): string | undefined {
  return failingClause(ClassAd.parse(job), slot);
}

Deno.test("if no slot can take a job, the clause of Requirements that fails is found", () => {
  const requirements = 'Requirements = ((TARGET.OpSys == "LINUX") && ' +
    "(TARGET.Memory >= RequestMemory)) && (TARGET.HasData)";
  assertEquals(
    clause(`[ RequestMemory = 4096; ${requirements} ]`),
    "TARGET.Memory >= RequestMemory",
  );
  assertEquals(
    clause(`[ RequestMemory = 512; ${requirements} ]`),
    "TARGET.HasData",
  );
  assertEquals(clause("[ Requirements = TARGET.Memory > 1 ]"), undefined);
  assertEquals(
    clause("[ Requirements = true; MaxWallTimeMins = 600 ]"),
    "START of the machine (the job runs too long)",
  );
});
