import { assertEquals, assertThrows } from "@std/assert";
import { RemoteError } from "../../../../lib/lumberjack/remote/error.ts";
import {
  machineData,
  readMachineFile,
  readMachineText,
} from "../../../../lib/lumberjack/remote/batch/machine_data.ts";

const text = `
# A comment.
batch = slurm
QUEUE = normal
max_nodes = 8
max-walltime = 2-00:00:00
bind = /cvmfs
bind = /etc/hosts
queue = debug
account =
`;

Deno.test("the flags win over the file, and lists add up", () => {
  const data = machineData(
    readMachineText(text, "m.conf"),
    new Map([["queue", ["long"]], ["bind", ["/data"]]]),
  );
  assertEquals(data.batch, "slurm");
  assertEquals(data.queue, "long");
  assertEquals(data.binds, ["/cvmfs", "/etc/hosts", "/data"]);
  assertEquals([data.maxNodes, data.maxWalltime], [8, 172_800]);
  assertEquals(data.account, undefined);
  assertEquals([data.container, data.containerFlags], [
    "apptainer",
    "--containall",
  ]);
});

Deno.test("a later line of the file replaces an earlier one", () => {
  const data = machineData(readMachineText(text, "m.conf"));
  assertEquals(data.queue, "debug");
});

Deno.test("a line with an unknown name is named", () => {
  const error = assertThrows(
    () => readMachineText("batch = slurm\nqueu = x\n", "m.conf"),
    RemoteError,
  );
  assertEquals(error.subject, "m.conf, line 2: queu = x");
});

for (
  const [name, value] of [
    ["batch", "lsf"],
    ["cpus", "many"],
    ["cpus", "0"],
    ["jobs-per-core", "0.5"],
    ["jobs-per-core", "1.5x"],
    ["queue", "a b"],
    ["account", "x\n#SBATCH --uid=0"],
    ["directive", "--comment=x\nrm -rf /"],
    ["execute", "scratch"],
    ["job-time-attribute", "a-b"],
  ]
) {
  Deno.test(`${name} cannot be ${JSON.stringify(value)}`, () => {
    assertThrows(
      () => machineData(new Map([[name, [value]]])),
      RemoteError,
      "a value for the machine is wrong",
    );
  });
}

const examples = new URL("../../../../docs/machines/", import.meta.url);

for (const { name } of Deno.readDirSync(examples)) {
  Deno.test(`the example docs/machines/${name} is a machine file`, () => {
    const values = readMachineFile(new URL(name, examples).pathname);
    const data = machineData(values);
    assertEquals(typeof data.batch, "string");
    assertEquals(data.cpus !== undefined && data.memory !== undefined, true);
  });
}
