/**
 * Which values of results are taken: those that are plain data, and that no
 * schedd chokes on.
 *
 * @module
 */
import { decodeText, type Expr, parse } from "../../classad/mod.ts";
import { JobStatus } from "../job/eligibility.ts";
import { isPlainValue, plainInteger } from "../job/plain_value.ts";
import type { MergePolicy } from "./result_attributes.ts";

/**
 * Of a job that says that it was removed before, a schedd lets the status become
 * nothing but removed or held (`SetAttribute` in condor_schedd.V6/qmgmt.cpp). If
 * it is idle it starts, and its end is not noted: a schedd of 23.9 started 70
 * shadows a second for it.
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

/** Far more than HTCondor writes: condor_chirp sends 993 bytes at most. */
const longestValue = 64 * 1024;
/** Of one job; a hundred times what its results have in all. */
const mostBytes = 256 * 1024;

/**
 * Why a result is too much. A value of 30 MB ended the schedd of 25.14, and that
 * of 23.9 could not show its queue any more.
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
 * CONDOR_HOLD_CODE::SpoolingInput: no policy ever releases such a job. It may be
 * written as `+16` or `16.0`, too; a schedd writes none so.
 */
function isSpoolingHold(name: string, value: Uint8Array): boolean {
  if (name.toLowerCase() !== "holdreasoncode") return false;
  return (plainInteger(value) ?? 16n) === 16n;
}

const carriageReturn = 13;

/** Why a result is not to be had, if it is not. */
export function resultProblem(
  name: string,
  value: Uint8Array,
  policy: MergePolicy,
): string | undefined {
  if (isSpoolingHold(name, value)) {
    return "would have the schedd wait for input files to be spooled";
  }
  if (isPlainValue(value)) return undefined;
  // Else it would refuse the whole batch (`IsValidAttrValue`).
  if (value.includes(carriageReturn)) return "a schedd takes no such value";
  let text: string;
  let expr: Expr;
  try {
    text = decodeText(value);
    expr = parse(text);
  } catch {
    return "not a ClassAd expression";
  }
  if (isPlainData(expr) || policy.isKnownExpression(name, text)) {
    return undefined;
  }
  return "an expression where a plain value belongs";
}

/** Whether nothing is left to evaluate: literals, and lists and ads of them. */
export function isPlainData(expr: Expr): boolean {
  // Not by recursion: whoever wrote the value chose how deep it nests.
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
