/**
 * Which values of results are taken: plain data that does no harm to a schedd.
 *
 * @module
 */
import { decodeText, type Expr, parse } from "../../classad/mod.ts";
import { illegalBelow } from "../files/names.ts";
import { parseTransferList } from "../files/transfer_list.ts";
import { JobStatus } from "../job/eligibility.ts";
import type { BytesOfValue } from "../job/change.ts";
import { isNamed } from "../job/names.ts";
import { isPlainValue, plainInteger } from "../job/plain_value.ts";
import type { MergePolicy } from "./result_attributes.ts";

/**
 * Returns why a value of LastJobStatus is not taken; undefined if it is. `end` is
 * the status that the job has at home.
 *
 * If a job's last status is removed, a schedd lets its status become only
 * removed or held (`SetAttribute` in condor_schedd.V6/qmgmt.cpp). An idle job
 * with that last status starts, and the schedd cannot record its end: a schedd
 * of 23.9 started 70 shadows a second for it.
 */
export function lastStatusProblem(
  { bytes, start, end: valueEnd }: BytesOfValue,
  end: number,
): string | undefined {
  const last = plainInteger(bytes, start, valueEnd);
  if (last === undefined) return "is no job status";
  return Number(last) === JobStatus.removed && end !== JobStatus.removed
    ? "of a removed job, which this is not"
    : undefined;
}

/** The longest value, in bytes. Far more than HTCondor writes: condor_chirp sends 993 bytes at most. */
const longestValue = 64 * 1024;
/** The most bytes for one job: a hundred times what its results usually take. */
const mostBytes = 256 * 1024;

/**
 * Returns why a result is too long; undefined if it is not. A value of 30 MB
 * ended a schedd of 25.14, and a schedd of 23.9 could no longer show its queue.
 */
export function sizeProblem(
  { start, end }: BytesOfValue,
  total: number,
): string | undefined {
  if (end - start > longestValue) return `longer than ${longestValue} bytes`;
  if (total <= mostBytes) return undefined;
  return `the job's results are longer than ${mostBytes} bytes`;
}

/**
 * Whether this is CONDOR_HOLD_CODE::SpoolingInput, or a code in a form that no
 * schedd writes (`+16`, `16.0`). No policy ever releases a job with that code.
 */
function isSpoolingHold(
  name: string,
  { bytes, start, end }: BytesOfValue,
): boolean {
  if (!isNamed(name, "holdreasoncode")) return false;
  return (plainInteger(bytes, start, end) ?? 16n) === 16n;
}

/**
 * Returns whether SpooledOutputFiles names files outside the job's folder in
 * SPOOL. The schedd would give them to a user who fetches the job's output.
 */
function leavesSpool(name: string, value: BytesOfValue): boolean {
  if (!isNamed(name, "spooledoutputfiles")) return false;
  const names = /^"([^"\\]*)"$/.exec(textOf(value))?.[1];
  return names === undefined ||
    parseTransferList(names).some((name) => illegalBelow(name) !== undefined);
}

const carriageReturn = 13;

/** Returns why a result is not taken; undefined if it is. */
export function resultProblem(
  name: string,
  value: BytesOfValue,
  policy: MergePolicy,
): string | undefined {
  if (isSpoolingHold(name, value)) {
    return "would have the schedd wait for input files to be spooled";
  }
  if (leavesSpool(name, value)) {
    return "names files outside of the job's folder";
  }
  const { bytes, start, end } = value;
  if (isPlainValue(bytes, start, end)) return undefined;
  if (policy.isKnownExpression(name, value)) return undefined;
  const part = bytes.subarray(start, end);
  // The schedd would refuse the whole batch (`IsValidAttrValue`).
  if (part.includes(carriageReturn)) return "a schedd takes no such value";
  let expr: Expr;
  try {
    expr = parse(decodeText(part));
  } catch {
    return "not a ClassAd expression";
  }
  return isPlainData(expr)
    ? undefined
    : "an expression where a plain value belongs";
}

function textOf({ bytes, start, end }: BytesOfValue): string {
  return decodeText(bytes.subarray(start, end));
}

/** Whether an expression is plain data: literals, and lists and ads of them. */
export function isPlainData(expr: Expr): boolean {
  // Without recursion: a hostile value may nest very deep.
  const pending = [expr];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    switch (next.kind) {
      case "literal":
        break;
      case "list":
        pending.push(...next.items);
        break;
      case "ad":
        for (const { value } of next.attributes.values()) pending.push(value);
        break;
      case "operation": {
        const sign = next.operator === "u-" || next.operator === "u+";
        if (!sign || next.operands[0].kind !== "literal") return false;
        break;
      }
      default:
        return false;
    }
  }
  return true;
}
