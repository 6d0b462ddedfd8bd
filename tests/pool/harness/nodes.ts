/**
 * Nodes of a cluster: network namespaces with addresses of their own, whose
 * processes share the files of one machine as nodes share a file system.
 *
 * @module
 */
import {
  type Machine,
  type Output,
  type RunOptions,
  wordsInside,
} from "./machine.ts";

/** A program that runs on a node. */
export interface NodeProcess {
  /** Resolves when the program has ended. */
  readonly output: Promise<Output>;
  /** Kills all its processes at once with SIGKILL, as when a node is lost. */
  kill(): void;
}

/** Nodes that can connect to each other. The first one is 10.77.0.1. */
export class Nodes implements AsyncDisposable {
  readonly #machine: Machine;
  readonly #holders: Deno.ChildProcess[] = [];

  private constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Makes `count` nodes. They have the interface `net0`. */
  static async make(machine: Machine, count: number): Promise<Nodes> {
    const nodes = new Nodes(machine);
    for (let n = 0; n < count; n++) nodes.#holders.push(await holder());
    const pids = nodes.#holders.map(({ pid }) => pid);
    await host(`
      inside() { nsenter --net=/proc/$1/ns/net sh -euc "$2"; }
      n=0
      for pid in ${pids.join(" ")}; do
        n=$((n + 1))
        inside $pid 'ip link set lo up'
        if [ $n = 1 ]; then
          inside $pid 'ip link add net0 type bridge; ip link set net0 up'
          inside $pid 'ip addr add 10.77.0.1/24 dev net0'
          continue
        fi
        inside ${pids[0]} "
          ip link add port$n type veth peer name net0 netns $pid
          ip link set port$n master net0 up"
        inside $pid "ip addr add 10.77.0.$n/24 dev net0; ip link set net0 up"
      done`);
    return nodes;
  }

  /**
   * Starts a command on node `n`, counted from 0, with processes of its own.
   */
  start(
    n: number,
    command: readonly string[],
    options: RunOptions = {},
  ): NodeProcess {
    const limit = ["timeout", "--kill-after=2", String(options.timeout ?? 360)];
    const words = wordsInside(
      this.#machine.pid,
      [...limit, ...command],
      options,
    );
    const at = words.indexOf("setpriv");
    const process = new Deno.Command("nsenter", {
      args: [
        ...[`--net=/proc/${this.#holders[n].pid}/ns/net`, "--"],
        ...words.slice(0, at),
        ..."unshare --pid --mount --fork --kill-child --mount-proc --".split(
          " ",
        ),
        // The first process of a namespace is no good parent for `timeout`.
        ...["sh", "-c", '"$@"; exit $?', "sh"],
        ...words.slice(at),
      ],
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    const output = process.output().then(({ code, stdout, stderr }) => ({
      code,
      stdout: new TextDecoder().decode(stdout),
      stderr: new TextDecoder().decode(stderr),
    }));
    return {
      output,
      kill: () => {
        // nsenter has started unshare. When unshare ends, all its processes end.
        const { pid } = process;
        const path = `/proc/${pid}/task/${pid}/children`;
        const children = Deno.readTextFileSync(path).trim();
        for (const child of children.split(" ")) {
          Deno.kill(Number(child), "SIGKILL");
        }
      },
    };
  }

  /** Ends the nodes. Programs that still run there lose their network. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#holders) {
      await process.stdin.close().catch(() => {});
      await process.status;
    }
  }
}

async function holder(): Promise<Deno.ChildProcess> {
  const process = new Deno.Command("unshare", {
    args: ["--net", "sh", "-c", "echo ready; read -r _"],
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return process;
}

async function host(lines: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-euc", lines],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
