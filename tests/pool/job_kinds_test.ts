import { assertEquals } from "@std/assert";
import {
  type ImportReport,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  runAway,
} from "./harness/mod.ts";

const chirp = "/usr/libexec/condor/condor_chirp";

/**
 * The special submit commands of jobs for which HTCondor writes unusual
 * attributes. Each job completes or is held by itself.
 */
const kinds: readonly string[] = [
  'arguments = "-c false"\nmax_retries = 2',
  'arguments = "-c false"\non_exit_hold = ExitCode =!= 0',
  'arguments = "-c true"\ntransfer_output_files = nothere',
  'arguments = "-c true"\nskip_if_dataflow = true',
  'arguments = "-c true"\nconcurrency_limits = foo',
  "arguments = \"-c 'echo x'\"\nstream_output = true",
  `arguments = "-c '${chirp} set_job_attr_delayed ChirpX 3; ` +
  `${chirp} ulog hello'"\n+WantIOProxy = true`,
  "arguments = \"-c 'if test -f c; then exit 0; fi; touch c; exit 85'\"\n" +
  "checkpoint_exit_code = 85\ntransfer_checkpoint_files = c",
  "arguments = \"-c 'kill -SEGV $$$$'\"\ncoresize = 100000",
  "arguments = \"-c 'sleep 60'\"\nallowed_execute_duration = 2",
  'arguments = "-c true"\ntransfer_input_files = file:///etc/hostname\n' +
  "accounting_group = g\njob_machine_attrs = Cpus,Memory\nmanifest = true",
  'arguments = "-c true"\nretry_request_memory = 200\nleave_in_queue = true',
  "arguments = \"-c 'sleep 60'\"\nperiodic_hold = JobStatus == 2",
];

/** Runs jobs of all kinds at a remote site and imports them. */
async function comeHome(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  for (const kind of kinds) {
    await pool.submit(
      "executable = /bin/sh\nshould_transfer_files = YES\n" +
        `when_to_transfer_output = ON_EXIT\n${kind}\nqueue\n`,
      { user: "alice" },
    );
  }
  const out = "/var/tmp/out";
  await pool.sh(`mkdir ${out}; chown alice ${out}`);
  await pool.lumberjackJson([
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", remoteSpool("alice")],
  ], { user: "alice" });
  const returned = await runAway({
    root,
    user: "alice",
    log: await pool.run(["cat", `${out}/job_queue.log`]),
    slots: 5,
    config: "PERIODIC_EXPR_INTERVAL = 2\nPERIODIC_EXPR_TIMESLICE = 1\n",
    waitFor: "JobStatus != 4 && JobStatus != 5",
  });
  await pool.machine.write("/var/tmp/returned.log", returned.log);
  await pool.sh("chmod 644 /var/tmp/returned.log");
  const report = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", "/var/tmp/returned.log"],
    { user: "alice" },
  );
  assertEquals(report.refused, []);
  assertEquals(report.merged, kinds.length);
}

for (const root of ["trixie", "sid"] as const) {
  poolTest(
    `on ${root}, jobs of ${kinds.length} kinds come home, and no attribute is refused`,
    () => comeHome(root),
  );
}
