import { invalidArgument } from "../../../core/invalid-argument.js";
import type { CloudRoutes } from "../../routes.js";
import {
  CLOSURE_REASONS,
  type ClosureReason,
  DETERMINATIONS,
  type Determination,
  WORKFLOW_STATUSES,
  type WorkflowStatusWord,
} from "./values.js";

/** What alerts are changed to, in the words of today's service. */
export interface AlertChange {
  readonly status: WorkflowStatusWord;
  /** Why they are closed. */
  readonly closureReason?: ClosureReason | undefined;
  /** What they turned out to be. */
  readonly determination?: Determination | undefined;
  /** What is to be said about it; shows with the alerts. */
  readonly note?: string | undefined;
}

/** The state and the words of `cbapi`: what was done, and what is to be said about it. */
export interface ClassicChange {
  readonly state: "OPEN" | "DISMISSED";
  readonly remediation?: string | undefined;
  readonly comment?: string | undefined;
}

/** What is said about a change by dismissing or reopening. */
export interface AlertWords {
  /** What was done; to the service of today one of a few reasons, and what is none goes with the note. */
  readonly remediation?: string | undefined;
  /** What is to be said about it. */
  readonly comment?: string | undefined;
}

/** What is said about a change, by its places or by its names: `("fixed", "done")`, `({ comment: "done" })`. */
export function saidIn<O extends object>(
  first: string | (AlertWords & O) | undefined,
  comment: string | undefined,
  options: O,
): { readonly said: AlertWords; readonly options: O } {
  if (typeof first !== "object" || first === null) return { said: { remediation: first, comment }, options };
  const { remediation, comment: named = comment, ...rest } = first;
  return { said: { remediation, comment: named }, options: { ...options, ...rest } as O };
}

/**
 * A change by dismissing or reopening, as it is sent.
 * @throws ApiError with code `INVALID_ARGUMENT` when remediation or comment is no text
 */
export function classicChange(change: ClassicChange, routes: CloudRoutes): Record<string, unknown> {
  const { state, remediation, comment } = change;
  for (const [name, value] of Object.entries({ remediation, comment })) {
    if (value === undefined || value === null || typeof value === "string") continue;
    throw invalidArgument(`${name} is text, got ${JSON.stringify(value)}`);
  }
  if (routes === "classic") return threatChange(change);
  const reason = CLOSURE_REASONS.find((one) => one === remediation);
  // The service of today takes one of a few reasons: what is none goes with the note, so that nothing is lost.
  const said = reason === undefined ? [remediation, comment] : [comment];
  const note = said.filter((text) => text !== undefined && text !== null && text !== "").join(": ");
  const closing = state === "DISMISSED" && remediation ? { closure_reason: reason ?? "OTHER" } : {};
  return {
    status: state === "DISMISSED" ? "CLOSED" : "OPEN",
    ...closing,
    ...(note === "" ? {} : { note }),
  };
}

/** A change of a threat as either generation takes it. */
export function threatChange({ state, remediation, comment }: ClassicChange): Record<string, unknown> {
  return {
    state,
    ...(remediation === undefined || remediation === null ? {} : { remediation_state: remediation }),
    ...(comment === undefined || comment === null ? {} : { comment }),
  };
}

/**
 * A change in the words of today's service, as it is sent.
 * @throws ApiError with code `INVALID_ARGUMENT` when a word is none, or the classic routes have no words for it
 */
export function currentChange(change: AlertChange, routes: CloudRoutes, method: string): Record<string, unknown> {
  const { status, closureReason, determination, note } = change;
  word(`${method}: status`, status, WORKFLOW_STATUSES);
  if (closureReason !== undefined) word(`${method}: closureReason`, closureReason, CLOSURE_REASONS);
  if (determination !== undefined) word(`${method}: determination`, determination, DETERMINATIONS);
  if (note !== undefined && (typeof note !== "string" || note.length > LONGEST_NOTE)) {
    throw invalidArgument(`${method}: note is text of at most ${LONGEST_NOTE} characters`);
  }
  if (routes === "current") {
    return {
      status,
      ...(closureReason === undefined ? {} : { closure_reason: closureReason }),
      ...(determination === undefined ? {} : { determination }),
      ...(note === undefined ? {} : { note }),
    };
  }
  if (status === "IN_PROGRESS" || determination !== undefined) {
    throw invalidArgument(
      `${method}: the classic routes know OPEN and DISMISSED only, and no determination: make the client with routes: "current"`,
    );
  }
  return threatChange({ state: status === "CLOSED" ? "DISMISSED" : "OPEN", remediation: closureReason, comment: note });
}

/** The longest note that the service takes. */
export const LONGEST_NOTE = 20_000;

function word(what: string, value: unknown, words: readonly string[]): void {
  if (typeof value === "string" && words.includes(value)) return;
  throw invalidArgument(`${what} cannot be ${JSON.stringify(value)}. It is one of ${words.join(", ")}`);
}
