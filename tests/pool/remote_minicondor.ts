/**
 * Builds the OCI image with scripts/image, and starts MiniCondor from its files as
 * docs/remote.md does with podman: an export is mounted at /export, its jobs run,
 * and the spool is imported at home. No container engine is needed: a chroot in
 * namespaces has the image's files.
 *
 *     scripts/deno task try:minicondor     (needs dist/lumberjack)
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Nodes } from "./harness/nodes.ts";
import { HpcSite, type Machine, until } from "./harness/mod.ts";
import { bundle, exportJobs } from "./remote_jobs.ts";

const root = "/mini/root";
const spool = `${root}/var/lib/condor/spool`;

/** Unpacks the only layer of an OCI archive, and says what the image starts. */
async function unpack(machine: Machine, image: string): Promise<string[]> {
  await machine.sh(`mkdir -p /mini/oci ${root}; tar -xf ${image} -C /mini/oci`);
  const blob = (digest: string) =>
    `/mini/oci/blobs/${digest.replace(":", "/")}`;
  const read = async (path: string) => JSON.parse(await machine.read(path));
  const { manifests } = await read("/mini/oci/index.json");
  assertEquals(manifests.length, 1);
  const { layers, config } = await read(blob(manifests[0].digest));
  assertEquals(layers.length, 1);
  await machine.run(
    ["tar", "-xpf", blob(layers[0].digest), "-C", root, "--numeric-owner"],
    { timeout: 300 },
  );
  return (await read(blob(config.digest))).config.Cmd;
}

/** Mounts and writes what a container engine does: the host must have an address. */
function mount(machine: Machine): Promise<string> {
  return machine.sh(`
    echo "127.0.0.1 localhost $(hostname)" >${root}/etc/hosts
    mkdir -p ${root}/export
    mount --bind /mini/export ${root}/export
    mount --rbind /dev ${root}/dev
    mount -t tmpfs -o mode=1777 tmp ${root}/tmp
    mount -t tmpfs run ${root}/run`);
}

async function miniCondor(): Promise<void> {
  const executable = Deno.env.get("LUMBERJACK") ??
    fromFileUrl(new URL("../../dist/lumberjack", import.meta.url));
  await using site = await HpcSite.boot();
  const { machine } = site;
  const image = await site.buildImage("oci", { user: "carol", executable });
  const command = await unpack(machine, image);
  console.log(`the image is unpacked, and starts ${command.join(" ")}`);
  await exportJobs(machine, 3, "echo $1 >result.$1");
  await machine.run([
    "lumberjack",
    "bundle",
    "extract",
    bundle,
    "/mini/export",
  ]);
  await mount(machine);
  // A network of its own, as a container has.
  await using nodes = await Nodes.make(machine, 1);
  // A container sees its own processes only, and condor_procd reads /proc.
  const enter = `mount -t proc proc ${root}/proc; exec chroot ${root} "$@"`;
  const inside = (...command: string[]) =>
    nodes.start(0, ["sh", "-ec", enter, "sh", ...command], { timeout: 900 });
  const daemons = inside(...command);
  const said = async () =>
    (await machine.try(["sh", "-c", `tail -n 20 ${root}/var/log/condor/*Log`]))
      .stdout;
  await until("all jobs have completed", async () => {
    const query = ["condor_q", "-allusers", "-af", "JobStatus"];
    const { stdout } = await inside(...query).output;
    return stdout.trim().split(/\s+/).join() === "4,4,4";
  }, 120).catch(async (cause) => {
    throw new Error(await said(), { cause });
  });
  const owner = await machine.run([
    "stat",
    "-c",
    "%u",
    `${spool}/job_queue.log`,
  ]);
  const condor = await machine.sh(`chroot ${root} id -u condor`);
  assertEquals(owner, condor);
  await inside("condor_off", "-schedd").output;
  await until("the schedd has stopped", async () => {
    const { code } = await inside("condor_q").output;
    return code !== 0;
  });
  daemons.kill();
  const home = "/var/tmp/queue.log.lumberjack";
  const report = JSON.parse(
    await machine.run([
      ...["lumberjack", "import", "--in", spool, "--queue", home, "--json"],
      ...["--queue-out", "/var/tmp/home.log", "--ads-only"],
    ]),
  );
  assertEquals(report.statuses, { completed: 3 });
  assertEquals([report.refused, report.missing], [[], []]);
  const results = await machine.sh(`cat ${spool}/1/*/*/result.*`);
  assert(results === "0\n1\n2\n", results);
}

await miniCondor();
console.log("MiniCondor ran the jobs of the export");
