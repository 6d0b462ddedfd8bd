import { assert, assertEquals } from "@std/assert";
import { batchNames } from "../../../../lib/lumberjack/remote/batch/batch_name.ts";
import { machineData } from "../../../../lib/lumberjack/remote/batch/machine_data.ts";
import { batchScript } from "../../../../lib/lumberjack/remote/batch/script.ts";
import { batchSystem } from "../../../../lib/lumberjack/remote/batch/systems.ts";

/** Names that a shell could misread. */
const awkward = '/scratch/o\'neil $HOME `id` "x"/spool';

function script(name: typeof batchNames[number], nodes: number): string {
  return batchScript(batchSystem(name), {
    exportId: "20261128T074041Z-2b2755af",
    name: "lj-2b2755af",
    ...{ nodes, walltime: 5400, in: "/scratch/export.tar.gz" },
    ...{ spool: awkward, results: "/scratch/results", image: "/x/lj.sif" },
    machine: machineData(
      new Map([
        ["cpus", ["64"]],
        ["jobs-per-core", ["1.5"]],
        ["account", ["hep"]],
        ["queue", ["debug"]],
        ["bind", ["/cvmfs"]],
        ["interface", ["hsn0"]],
        ["attr", ['Site="NERSC"']],
        ["job-time-attribute", ["RunMinutes"]],
        ["module", ["apptainer"]],
      ]),
    ),
  });
}

/**
 * Runs a script with programs that are stand-ins: the container prints what it
 * was called with. Returns the lines.
 */
async function play(text: string, rank: string): Promise<string[]> {
  const folder = Deno.makeTempDirSync();
  try {
    const programs = {
      apptainer: 'printf "[%s]\\n" "$@"',
      squeue: "echo 1:02:03",
      qstat: "echo '    Resource_List.walltime = 01:02:03'",
      srun: "exec bash -c node",
      mpiexec: "exec bash -c node",
      aprun: "exec bash -c node",
      mkdir: ":",
    };
    for (const [name, line] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${folder}/${name}`, `#!/bin/bash\n${line}\n`, {
        mode: 0o755,
      });
    }
    // Not a login shell: that would set PATH.
    const body = `module() { :; }\n${text}`;
    const { stdout, stderr, code } = await new Deno.Command("bash", {
      args: ["-c", body],
      clearEnv: true,
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        TMPDIR: folder,
        SLURM_JOB_ID: "7",
        SLURM_CPUS_ON_NODE: "64",
        SLURM_PROCID: rank,
        PBS_JOBID: "7.server",
        PALS_RANKID: rank,
        COBALT_JOBID: "7",
        COBALT_ENDTIME: String(Math.floor(Date.now() / 1000) + 3723),
        ALPS_APP_PE: rank,
      },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals(code, 0, said);
    return new TextDecoder().decode(stdout).trim().split("\n");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function after(lines: string[], flag: string): string {
  return lines[lines.indexOf(`[${flag}]`) + 1];
}

for (const name of batchNames) {
  Deno.test(`the script for ${name} runs the head in the container, with the time that is left`, async () => {
    const lines = await play(script(name, 1), "0");
    assertEquals(lines.slice(0, 2), ["[exec]", "[--containall]"]);
    const verb = lines.indexOf("[remote]");
    assertEquals(lines[verb + 1], "[run]");
    assertEquals(lines[verb - 2], "[/x/lj.sif]");
    assertEquals(after(lines, "--spool"), `[${awkward}]`);
    assertEquals(
      after(lines, "--out"),
      "[/scratch/results/20261128T074041Z-2b2755af.7.tar.gz]",
    );
    assertEquals(after(lines, "--attr"), '[Site="NERSC"]');
    assertEquals(after(lines, "--job-time-attribute"), "[RunMinutes]");
    assertEquals(after(lines, "--jobs-per-core"), "[1.5]");
    const left = after(lines, "--walltime");
    // Cobalt says the second; between the two a second may have passed.
    assert(/^\[(0?1:02:03|372\d)\]$/.test(left), left);
    assertEquals(lines.includes("[--interface]"), false);
  });

  Deno.test(`the script for ${name} runs workers on the other nodes`, async () => {
    const text = script(name, 2);
    const head = await play(text, "0");
    assertEquals(after(head, "--interface"), "[hsn0]");
    const worker = await play(text, "1");
    assertEquals(worker[worker.indexOf("[remote]") + 1], "[worker]");
    assertEquals(after(worker, "--cpus"), "[64]");
    assertEquals(after(worker, "--jobs-per-core"), "[1.5]");
  });

  Deno.test(`the script for ${name} is short`, () => {
    const lines = script(name, 2).split("\n");
    assert(lines.length <= 60, String(lines.length));
    assertEquals(lines.filter((line) => line.length > 160), []);
  });
}

Deno.test("directives of each batch system name nodes, time, account and queue", () => {
  const head = (name: typeof batchNames[number]) =>
    script(name, 2).split("\n").filter((line) =>
      /^#(SBATCH|PBS|COBALT) /.test(line)
    );
  assertEquals(head("slurm"), [
    "#SBATCH --job-name=lj-2b2755af",
    "#SBATCH --nodes=2",
    "#SBATCH --ntasks-per-node=1",
    "#SBATCH --cpus-per-task=64",
    "#SBATCH --time=01:30:00",
    "#SBATCH --account=hep",
    "#SBATCH --partition=debug",
    "#SBATCH --output=%x-%j.log",
    "#SBATCH --no-requeue",
  ]);
  assertEquals(head("pbs"), [
    "#PBS -N lj-2b2755af",
    "#PBS -l select=2:ncpus=64",
    "#PBS -l place=scatter",
    "#PBS -l walltime=01:30:00",
    "#PBS -A hep",
    "#PBS -q debug",
    "#PBS -j oe",
    "#PBS -r n",
  ]);
  assertEquals(head("cobalt"), [
    "#COBALT --jobname lj-2b2755af",
    "#COBALT -n 2",
    "#COBALT -t 90",
    "#COBALT -A hep",
    "#COBALT -q debug",
  ]);
});
