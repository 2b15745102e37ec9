import { InvalidObjectError } from "../../core/errors.js";

/** What a rule does: ends the process, refuses the operation, lets it happen, or lets it happen and tells nothing. */
export const RULE_ACTIONS = ["TERMINATE", "DENY", "ALLOW", "IGNORE", "TERMINATE_PROCESS", "TERMINATE_THREAD"] as const;
/** What a program does that a rule is about. */
export const RULE_OPERATIONS = [
  "RUN",
  "NETWORK",
  "RANSOM",
  "MEMORY_SCRAPE",
  "CODE_INJECTION",
  "RUN_INMEMORY_CODE",
  "MODIFY_SYSTEM_EXE",
  "POL_INVOKE_NOT_TRUSTED",
  "INVOKE_SCRIPT",
  "INVOKE_SYSAPP",
  "INVOKE_CMD_INTERPRETER",
  "BYPASS_ALL",
  "BYPASS_API",
  "PROCESS_ISOLATION",
  "ESCALATE",
] as const;
/** By what a rule names the programs that it is about. */
export const RULE_APPLICATIONS = ["REPUTATION", "NAME_PATH", "SIGNED_BY"] as const;

/** A rule of a policy. */
export interface PolicyRule {
  /** Given by the service. */
  readonly id?: number;
  /** Whether it cannot be removed. */
  readonly required?: boolean;
  readonly action: (typeof RULE_ACTIONS)[number];
  readonly operation: (typeof RULE_OPERATIONS)[number];
  readonly application: {
    readonly type: (typeof RULE_APPLICATIONS)[number];
    /** A reputation, a path in which `*` and `**` stand for others, or who has signed. */
    readonly value: string;
  };
}

/**
 * A rule, looked through before it is sent.
 * @throws InvalidObjectError naming what is wrong with it
 */
export function checkedRule(rule: unknown): PolicyRule {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) throw wrong(`it is ${JSON.stringify(rule)}`);
  const { action, operation, application, required } = rule as Record<string, unknown>;
  word("action", action, RULE_ACTIONS);
  word("operation", operation, RULE_OPERATIONS);
  const { type, value } = (application ?? {}) as Record<string, unknown>;
  word("application.type", type, RULE_APPLICATIONS);
  if (typeof value !== "string" || value === "") throw wrong(`application.value is text, got ${JSON.stringify(value)}`);
  if (required !== undefined && typeof required !== "boolean") {
    throw wrong(`required is true or false, got ${JSON.stringify(required)}`);
  }
  if (String(operation).startsWith("BYPASS_") && action !== "IGNORE") {
    throw wrong(`the operation ${String(operation)} goes with the action IGNORE, got ${String(action)}`);
  }
  return rule as PolicyRule;
}

/** @throws InvalidObjectError when it is no rule's id */
export function checkedRuleId(id: unknown): number {
  const number = typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id;
  if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
  throw new InvalidObjectError(`a rule is known by a whole number, got ${JSON.stringify(id)}`);
}

function word(name: string, value: unknown, words: readonly string[]): void {
  if (typeof value === "string" && words.includes(value)) return;
  throw wrong(`${name} is one of ${words.join(", ")}, got ${JSON.stringify(value)}`);
}

function wrong(what: string): InvalidObjectError {
  return new InvalidObjectError(`This is no rule of a policy: ${what}`);
}
