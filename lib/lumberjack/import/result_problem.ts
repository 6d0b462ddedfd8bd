/**
 * Which values of results are taken: plain data that does no harm to a schedd.
 *
 * @module
 */
import { decodeText, type Expr, parse } from "../../classad/mod.ts";
import { illegalBelow } from "../files/names.ts";
import { parseTransferList } from "../files/transfer_list.ts";
import { JobStatus } from "../job/eligibility.ts";
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
  value: Uint8Array,
  end: number,
): string | undefined {
  const last = plainInteger(value);
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
  value: Uint8Array,
  total: number,
): string | undefined {
  if (value.length > longestValue) return `longer than ${longestValue} bytes`;
  if (total <= mostBytes) return undefined;
  return `the job's results are longer than ${mostBytes} bytes`;
}

/**
 * Whether this is CONDOR_HOLD_CODE::SpoolingInput, or a code in a form that no
 * schedd writes (`+16`, `16.0`). No policy ever releases a job with that code.
 */
function isSpoolingHold(name: string, value: Uint8Array): boolean {
  if (!isNamed(name, "holdreasoncode")) return false;
  return (plainInteger(value) ?? 16n) === 16n;
}

/**
 * Returns whether SpooledOutputFiles names files outside the job's folder in
 * SPOOL. The schedd would give them to a user who fetches the job's output.
 */
function leavesSpool(name: string, value: Uint8Array): boolean {
  if (!isNamed(name, "spooledoutputfiles")) return false;
  const names = /^"([^"\\]*)"$/.exec(decodeText(value))?.[1];
  return names === undefined ||
    parseTransferList(names).some((name) => illegalBelow(name) !== undefined);
}

const carriageReturn = 13;

/** Returns why a result is not taken; undefined if it is. */
export function resultProblem(
  name: string,
  value: Uint8Array,
  policy: MergePolicy,
): string | undefined {
  if (isSpoolingHold(name, value)) {
    return "would have the schedd wait for input files to be spooled";
  }
  if (leavesSpool(name, value)) {
    return "names files outside of the job's folder";
  }
  if (isPlainValue(value)) return undefined;
  // The schedd would refuse the whole batch (`IsValidAttrValue`).
  if (value.includes(carriageReturn)) return "a schedd takes no such value";
  let expr: Expr;
  try {
    const text = decodeText(value);
    if (policy.isKnownExpression(name, text)) return undefined;
    expr = parse(text);
  } catch {
    return "not a ClassAd expression";
  }
  return isPlainData(expr)
    ? undefined
    : "an expression where a plain value belongs";
}

/** Nearly every name has another length, which is the quicker test. */
function isNamed(name: string, lower: string): boolean {
  return name.length === lower.length && name.toLowerCase() === lower;
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
