import { checkRule } from "./fault-check.js";
import type { FaultAction, FaultOutcome, FaultRule } from "./fault-rule.js";

/** A rule as it stands in the plan. */
export interface FaultStatus extends FaultRule {
  id: number;
  /** Requests that matched. */
  seen: number;
  /** Requests that were met. */
  applied: number;
}

/** What the plan decided for one request. */
export interface FaultDecision {
  latency: number;
  outcome: FaultOutcome | undefined;
  /** For the request log: `latency 200, status 503`. */
  label: string;
}

interface PlannedRule extends FaultStatus {
  pattern: RegExp | undefined;
  draw: () => number;
}

/**
 * The misbehaviour in force. Rules are tried in the order in which they were added: waiting times add up, and the first
 * other outcome wins.
 */
export class FaultPlan {
  #rules: PlannedRule[] = [];
  #nextId = 1;
  readonly #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** Adds rules and returns their ids. A rule that makes no sense is refused with a 400 that names the field. */
  add(...rules: FaultRule[]): number[] {
    for (const rule of rules) checkRule(rule);
    return rules.map((rule) => {
      const id = this.#nextId++;
      this.#rules.push({
        ...(rule.match ? { match: { ...rule.match } } : {}),
        do: { ...rule.do },
        id,
        seen: 0,
        applied: 0,
        pattern: rule.match?.pattern === undefined ? undefined : new RegExp(rule.match.pattern),
        draw: seeded(this.#seed + id),
      });
      return id;
    });
  }

  /** The rules with what became of them, in order. */
  list(): FaultStatus[] {
    return this.#rules.map(({ pattern: _pattern, draw: _draw, ...status }) => ({ ...status }));
  }

  /** Takes a rule away; false when there is none with this id. */
  remove(id: number): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
    return this.#rules.length < before;
  }

  /** Takes all rules away. */
  clear(): void {
    this.#rules = [];
  }

  /** What is to happen to a request; counts it. `target` is the path with the query string as sent. */
  decide(request: { method: string; path: string; target: string }): FaultDecision | undefined {
    let latency = 0;
    const labels: string[] = [];
    for (const rule of this.#rules) {
      if (!meets(rule, request)) continue;
      if (rule.do.latency !== undefined) {
        latency += rule.do.latency;
        labels.push(`latency ${rule.do.latency}`);
      }
      const outcome = outcomeOf(rule.do);
      if (outcome === undefined) continue;
      labels.push(describe(outcome));
      return { latency, outcome, label: labels.join(", ") };
    }
    return labels.length > 0 ? { latency, outcome: undefined, label: labels.join(", ") } : undefined;
  }
}

function meets(rule: PlannedRule, request: { method: string; path: string; target: string }): boolean {
  const { method, path, after = 0, times = Number.POSITIVE_INFINITY, probability } = rule.match ?? {};
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path !== undefined && !request.path.startsWith(path)) return false;
  if (rule.pattern !== undefined && !rule.pattern.test(request.target)) return false;
  rule.seen++;
  if (rule.seen <= after || rule.applied >= times) return false;
  if (probability !== undefined && rule.draw() >= probability) return false;
  rule.applied++;
  return true;
}

function outcomeOf(action: FaultAction): FaultOutcome | undefined {
  const isOutcome = ["status", "cut", "truncate", "reset", "hang", "html"].some((kind) => kind in action);
  return isOutcome ? (action as FaultOutcome) : undefined;
}

function describe(outcome: FaultOutcome): string {
  if ("html" in outcome) return "html";
  if ("status" in outcome) return `status ${outcome.status}`;
  if ("cut" in outcome) return `cut ${outcome.cut}`;
  if ("truncate" in outcome) return `truncate ${outcome.truncate}`;
  const kind = "reset" in outcome ? "reset" : "hang";
  return outcome.carriedOut ? `${kind} after the work` : kind;
}

/** Fractions in [0, 1) (mulberry32); each rule has its own, so that adding a rule does not change another's draws. */
function seeded(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
