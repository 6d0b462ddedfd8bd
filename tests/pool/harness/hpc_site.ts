/**
 * An HPC centre on one machine: a login node with sshd, Slurm with one node, and
 * Apptainer. It has no HTCondor.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { cacheFolder } from "./host.ts";
import { Machine } from "./machine.ts";
import { until } from "./until.ts";

/** What an ordinary centre has set up for its users. */
const setUp = `
# Users may mount images; on this host /dev/fuse belongs to root.
mknod -m 666 /run/fuse c 10 229
mount --bind /run/fuse /dev/fuse
mount -t tmpfs -o mode=1777 tmp /tmp
# What a container in namespaces of a test machine can't do.
sed -i 's/^mount devpts.*/mount devpts = no/
  s/^root default capabilities.*/root default capabilities = file/' /etc/apptainer/apptainer.conf

mkdir -p /run/munge /etc/slurm /var/spool/slurmd /var/lib/slurm /run/sshd
dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 2>/dev/null
chmod 400 /etc/munge/munge.key
chown -R munge: /run/munge /etc/munge /var/log/munge /var/lib/munge
setpriv --reuid=munge --regid=munge --clear-groups munged
echo CgroupPlugin=disabled >/etc/slurm/cgroup.conf
slurmctld -D >/var/log/slurmctld 2>&1 &
`;

function slurmConf(port: number, nodes: number): string {
  const ports = nodes === 1 ? port + 1 : `[${port + 1}-${port + nodes}]`;
  const names = nodes === 1 ? "node1" : `node[1-${nodes}]`;
  return `ClusterName=test
SlurmctldHost=localhost
SlurmctldPort=${port}
AuthType=auth/munge
SlurmUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
StateSaveLocation=/var/lib/slurm
SlurmdSpoolDir=/var/spool/slurmd/%n
SlurmdPidFile=/run/slurmd-%n.pid
ReturnToService=2
KillWait=10
SchedulerParameters=batch_sched_delay=0,sched_interval=2
NodeName=${names} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports} CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=normal Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

/** The login node of a centre. */
export class HpcSite implements AsyncDisposable {
  /** The machine, which is login node and compute node. */
  readonly machine: Machine;
  /** The port of sshd on 127.0.0.1. */
  readonly sshPort: number;

  private constructor(machine: Machine, sshPort: number) {
    this.machine = machine;
    this.sshPort = sshPort;
  }

  /**
   * Boots the machine and starts Slurm. Each node is a slurmd with a name and a port
   * of its own. All of them see the same files, as on a shared file system.
   */
  static async boot({ nodes = 1 } = {}): Promise<HpcSite> {
    const machine = await Machine.boot({ root: "hpc", hostname: "login.hpc" });
    try {
      const site = new HpcSite(machine, freePort());
      // Ports side by side, far from those that a system gives out.
      const port = 10_000 + 8 * Math.floor(Math.random() * 2500);
      await machine.write("/etc/slurm/slurm.conf", slurmConf(port, nodes));
      await machine.sh(setUp);
      for (let n = 1; n <= nodes; n++) {
        await machine.sh(`mkdir /var/spool/slurmd/node${n}
          slurmd -D -N node${n} >/var/log/slurmd-node${n} 2>&1 &`);
      }
      await until("Slurm's nodes are idle", async () => {
        const { stdout } = await machine.try(["sinfo", "-h", "-o", "%T %D"]);
        return stdout.trim() === `idle ${nodes}`;
      });
      return site;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts sshd, which lets `user` in with this public key. */
  async startSsh(user: string, publicKey: string): Promise<void> {
    await this.machine.write(`/home/${user}/.ssh/authorized_keys`, publicKey, {
      user,
      mode: 0o600,
    });
    await this.machine.sh(`
      # sshd refuses a locked account; '*' is a password that nobody has.
      usermod -p '*' ${user}
      test -e /etc/ssh/ssh_host_ed25519_key || ssh-keygen -A >/dev/null
      /usr/sbin/sshd -p ${this.sshPort} -o ListenAddress=127.0.0.1 -o UsePAM=no
    `);
  }

  /**
   * Builds an image with scripts/image as `user`, and returns its path. The Debian
   * tree in it is built once, and kept in the cache.
   */
  async buildImage(
    kind: "sif" | "oci",
    { user, executable }: { user: string; executable: string },
  ): Promise<string> {
    const { machine } = this;
    const checkout = `/tmp/${user}-checkout`;
    await machine.sh(`mkdir -p ${checkout}/scripts ${checkout}/dist cache`, {
      user,
    });
    for (const name of ["image", "image.def", "image_recipe"]) {
      const text = Deno.readTextFileSync(
        fromFileUrl(new URL(`../../../scripts/${name}`, import.meta.url)),
      );
      await machine.write(`${checkout}/scripts/${name}`, text, {
        user,
        mode: 0o755,
      });
    }
    // 90 MB: quicker past the machine's own programs.
    const copy = machine.path(`${checkout}/dist/lumberjack`);
    await Deno.copyFile(executable, copy);
    await Deno.chmod(copy, 0o755);
    const kept = join(await cacheFolder(), "image");
    await this.#fetchBase(kept, user);
    await machine.run([`${checkout}/scripts/image`, kind], {
      user,
      timeout: 600,
      env: {
        LUMBERJACK_CACHE: `/home/${user}/cache`,
        // Quicker than gzip.
        LUMBERJACK_SQUASHFS: "-comp zstd -Xcompression-level 3",
      },
    });
    await this.#keepBase(kept, user);
    const name = kind === "sif" ? "lumberjack.sif" : "lumberjack-oci.tar";
    return `${checkout}/dist/${name}`;
  }

  /** Gives the machine the tree that an earlier test has built. */
  async #fetchBase(kept: string, user: string): Promise<void> {
    const folder = `/home/${user}/cache/image`;
    await this.machine.sh(`mkdir -p ${folder}`, { user });
    for (const { name, isFile } of readDir(kept)) {
      if (!isFile || !name.endsWith(".tar") || name.startsWith(".")) continue;
      await Deno.copyFile(
        join(kept, name),
        this.machine.path(`${folder}/${name}`),
      );
    }
  }

  async #keepBase(kept: string, user: string): Promise<void> {
    const folder = this.machine.path(`/home/${user}/cache/image`);
    await Deno.mkdir(kept, { recursive: true });
    for (const { name } of readDir(folder)) {
      if (!name.endsWith(".tar") || exists(join(kept, name))) continue;
      const partial = join(dirname(kept), `.${crypto.randomUUID()}.tar`);
      await Deno.copyFile(join(folder, name), partial);
      await Deno.rename(partial, join(kept, name));
    }
  }

  /** Ends the machine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.machine[Symbol.asyncDispose]();
  }
}

function readDir(path: string): Deno.DirEntry[] {
  return exists(path) ? [...Deno.readDirSync(path)] : [];
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
