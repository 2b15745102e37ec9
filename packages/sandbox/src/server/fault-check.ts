import type { FaultRule } from "./fault-rule.js";
import { HttpProblem } from "./product.js";

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const only: Check = (value) => value === true;
const anything: Check = () => true;
const count: Check = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const milliseconds: Check = (value) => typeof value === "number" && value >= 0 && value <= 600_000;
const fraction: Check = (value) => typeof value === "number" && value >= 0 && value <= 1;
const status: Check = (value) => count(value) && Number(value) >= 200 && Number(value) <= 599;
const texts: Check = (value) => isRecord(value) && Object.values(value).every(text);
const expression: Check = (value) => {
  try {
    return typeof value === "string" && new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
};

const matchFields: Record<string, Check> = {
  method: text,
  path: text,
  pattern: expression,
  after: count,
  times: count,
  probability: fraction,
};

/** The fields of each outcome, by the one that names it; `html` stands before `status`, which it may carry. */
const outcomes: Record<string, Record<string, Check>> = {
  html: { html: only, status },
  status: { status, body: anything, headers: texts, retryAfter: (value) => text(value) || count(value) },
  cut: { cut: count },
  truncate: { truncate: count },
  reset: { reset: only, carriedOut: flag },
  hang: { hang: only, carriedOut: flag },
};

/** Refuses what is no rule, naming the field: rules also come from the control routes, as JSON from anyone's hand. */
export function checkRule(rule: unknown): asserts rule is FaultRule {
  if (!isRecord(rule)) throw new HttpProblem(400, "A fault is an object with `do` and, if need be, `match`");
  checkFields("", rule, { match: isRecord, do: isRecord });
  checkFields("match.", rule["match"] ?? {}, matchFields);
  const action = rule["do"];
  if (!isRecord(action)) throw new HttpProblem(400, "`do` is missing: it says what happens to the request");
  const kind = Object.keys(outcomes).find((name) => name in action);
  if (kind === undefined && !("latency" in action)) {
    throw new HttpProblem(400, `\`do\` takes latency, ${Object.keys(outcomes).join(", ")}`);
  }
  checkFields("do.", action, { latency: milliseconds, ...(kind === undefined ? {} : outcomes[kind]) });
}

function checkFields(prefix: string, value: unknown, fields: Record<string, Check>): void {
  for (const [name, entry] of Object.entries(isRecord(value) ? value : {})) {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (check === undefined) throw new HttpProblem(400, `\`${prefix}${name}\` is not known here`);
    if (entry !== undefined && !check(entry)) throw new HttpProblem(400, `\`${prefix}${name}\` has a wrong value`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
