/**
 * Runs inside a pool's machine for tests/pool/bindings_*_test.ts: takes calls
 * as JSON on stdin, makes them with lib/condor, prints the answers as JSON.
 * bindings_calls.ts makes the same calls with HTCondor's own Python bindings.
 */
import {
  type AdQuery,
  collectorAddresses,
  CondorError,
  type JobQuery,
  loadConfig,
  locateSchedd,
  queryScheddAds,
  Schedd,
  type ScheddRequest,
  securityOf,
} from "../../lib/condor/mod.ts";
import type { WireAd } from "../../lib/cedar/mod.ts";

/** One call. */
export type Call =
  | ({ do: "jobs" } & JobQuery)
  | ({ do: "schedds" } & AdQuery)
  | ({ do: "locate" } & ScheddRequest)
  | { do: "export"; cluster: number; folder: string; spool: string }
  | { do: "unexport"; cluster: number }
  | { do: "import"; folder: string }
  | { do: "editWhere"; constraint: string; name: string; value: string }
  | { do: "edit"; jobs: [number, number][]; name: string; value: string };

/** The result of a call. */
export interface Answer {
  /** Ads as text, in the order in which they came. */
  ads?: string[];
  /** The number of changed jobs. */
  count?: number;
  /** Why the call was refused. */
  error?: { code?: number; text: string };
}

function texts(ads: readonly WireAd[]): Answer {
  return { ads: ads.map((ad) => ad.text()) };
}

async function main(calls: readonly Call[]): Promise<Answer[]> {
  const config = await loadConfig();
  const security = securityOf(config);
  const schedd = new Schedd(await locateSchedd({}, config, security), security);
  const [collector] = collectorAddresses(
    undefined,
    config.list("COLLECTOR_HOST"),
  );

  const edit = async (
    call: Extract<Call, { do: "edit" | "editWhere" }>,
  ): Promise<number> => {
    using queue = await schedd.manageQueue("write");
    let count: number;
    if (call.do === "editWhere") {
      const { constraint, name, value } = call;
      count = await queue.setAttributeByConstraint(constraint, name, value);
    } else {
      for (const [cluster, proc] of call.jobs) {
        queue.setAttribute({ cluster, proc }, call.name, call.value);
      }
      count = call.jobs.length;
    }
    await queue.commit();
    await queue.close();
    return count;
  };

  const ask = async (call: Call): Promise<Answer> => {
    switch (call.do) {
      case "jobs":
        return texts(await Array.fromAsync(schedd.queryJobs(call)));
      case "schedds":
        return texts(await queryScheddAds(collector, call, security));
      case "locate": {
        const found = await locateSchedd(call, config, security);
        const ad = [
          `Name = ${JSON.stringify(found.name)}`,
          `MyAddress = ${JSON.stringify(found.address)}`,
          `CondorVersion = ${JSON.stringify(found.version)}`,
        ];
        return { ads: [ad.join("\n")] };
      }
      case "export": {
        const { answer } = await schedd.exportJobs({
          clusters: [call.cluster],
          exportDir: call.folder,
          newSpoolDir: call.spool,
        });
        return texts([answer]);
      }
      case "unexport":
        return texts([(await schedd.unexportJobs([call.cluster])).answer]);
      case "import":
        return texts([
          (await schedd.importExportedJobResults(call.folder)).answer,
        ]);
      default:
        return { count: await edit(call) };
    }
  };
  const answers: Answer[] = [];
  for (const call of calls) {
    answers.push(
      await ask(call).catch((error: unknown) => {
        if (!(error instanceof CondorError)) throw error;
        const { message, subject } = error;
        const { code } = error as { code?: number };
        return { error: { code, text: `${message}: ${subject}` } };
      }),
    );
  }
  return answers;
}

if (import.meta.main) {
  const calls = await new Response(Deno.stdin.readable).json();
  console.log(JSON.stringify(await main(calls)));
}
