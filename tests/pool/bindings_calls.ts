/**
 * Makes the same calls with lib/condor and with HTCondor's Python bindings. The
 * answers can be compared.
 */
import type { Pool } from "./harness/mod.ts";
import type { Answer, Call } from "./bindings_probe.ts";

/**
 * The expressions of an ad by attribute, as HTCondor's own library prints them.
 */
export type Ad = Record<string, string>;

/** The answer to a call, in the same form for both. */
export interface Outcome {
  ads?: Ad[];
  count?: number;
  error?: { code?: number; text: string };
}

/**
 * A Python program: makes calls with htcondor2, prints answers like
 * bindings_probe.ts.
 */
const theirs = `
import classad2, htcondor2, json, re, sys
schedd, collector = htcondor2.Schedd(), htcondor2.Collector()
text = lambda ad: {name.lower(): str(ad.lookup(name)) for name in ad.keys()}
def error(code, reason): return {"error": {"code": code, "text": reason}}
def result(ad):
    if ad["ActionResult"] == 1: return {"ads": [text(ad)]}
    return error(ad["ErrorCode"], ad["ErrorString"])
def jobs(call):
    opts = htcondor2.QueryOpt.IncludeClusterAd if call.get("clusters") else htcondor2.QueryOpt.Default
    ads = schedd.query(call["constraint"], call.get("projection", []), None, call.get("limit", -1), opts)
    if call.get("clusters"): ads = [ad for ad in ads if "ProcId" not in ad]
    return {"ads": [text(ad) for ad in ads]}
def schedds(call):
    ads = collector.query(htcondor2.AdType.Schedd, call.get("constraint"), call.get("projection"))
    return {"ads": [text(ad) for ad in ads]}
def locate(call):
    kind = htcondor2.DaemonType.Schedd
    ad = collector.locate(kind, call["name"]) if "name" in call else collector.locate(kind)
    if ad is None: return error(None, "none")
    return {"ads": [{n.lower(): str(ad.lookup(n)) for n in ("Name", "MyAddress", "CondorVersion")}]}
def edit(which, call):
    return {"count": schedd.edit(which, call["name"], call["value"])}
calls = {
    "jobs": jobs, "schedds": schedds, "locate": locate,
    "export": lambda c: result(schedd.export_jobs([str(c["cluster"])], c["folder"], c["spool"])),
    "unexport": lambda c: result(schedd.unexport_jobs([str(c["cluster"])])),
    "import": lambda c: result(schedd.import_exported_job_results(c["folder"])),
    "editWhere": lambda c: edit(c["constraint"], c),
    "edit": lambda c: edit([f"{j[0]}.{j[1]}" for j in c["jobs"]], c),
}
def ask(call):
    try: return calls[call["do"]](call)
    except Exception as e:
        told = re.match(r"DCSchedd::\\w+:(\\d+):(.*)", str(e), re.S)
        return error(int(told[1]), told[2]) if told else error(None, str(e))
print(json.dumps([ask(call) for call in json.load(sys.stdin)]))
`;

/** A Python program that prints ads in the same form as `theirs`. */
const canonical = `
import classad2, json, sys
def text(line):
    ad = classad2.parseOne(line)
    return {name.lower(): str(ad.lookup(name)) for name in ad.keys()}
print(json.dumps([dict(a, ads=[text(ad) for ad in a["ads"]]) if "ads" in a else a for a in json.load(sys.stdin)]))
`;

/** Makes the calls with HTCondor's Python bindings. */
export async function askTheirs(
  pool: Pool,
  user: string,
  ...calls: Call[]
): Promise<Outcome[]> {
  const stdin = JSON.stringify(calls);
  return JSON.parse(await pool.python(theirs, [], { user, stdin }));
}

/** Makes the calls with lib/condor. */
export async function askOurs(
  pool: Pool,
  user: string,
  ...calls: Call[]
): Promise<Outcome[]> {
  const stdin = await pool.deno([
    "run",
    "-A",
    "--no-check",
    "/lumberjack/tests/pool/bindings_probe.ts",
  ], { user, stdin: JSON.stringify(calls) });
  const answers: Answer[] = JSON.parse(stdin);
  return JSON.parse(
    await pool.python(canonical, [], { user, stdin: JSON.stringify(answers) }),
  );
}
