import { inspect } from "node:util";
import type { Document } from "../../../core/model/document.js";
import { parseTime } from "../../../core/time.js";
import { classicState } from "./names.js";
import type { WorkflowState, WorkflowStatusWord } from "./values.js";

/**
 * Where an alert stands, who brought it there and when. It answers to the names of both generations of the service; what
 * the service has not told reads as `undefined`.
 */
export class Workflow {
  readonly #document: Document;

  /** @internal Made by alerts. */
  constructor(document: Document) {
    this.#document = document;
  }

  /** `OPEN`, or `DISMISSED` where it is closed. */
  get state(): WorkflowState | (string & {}) | undefined {
    return text(this.#document["state"] ?? classicState(this.#document["status"]));
  }

  /** `OPEN`, `IN_PROGRESS` or `CLOSED`. */
  get status(): WorkflowStatusWord | (string & {}) | undefined {
    const { state } = this.#document;
    return text(this.#document["status"] ?? (state === "DISMISSED" ? "CLOSED" : state));
  }

  /** What was done about it; in the service of today one of a few reasons, see {@link Workflow.closure_reason}. */
  get remediation(): string | undefined {
    const { remediation, remediation_state, closure_reason } = this.#document;
    return text(remediation ?? remediation_state ?? closure_reason);
  }

  /** Why it was closed; told by the service of today. */
  get closure_reason(): string | undefined {
    return text(this.#document["closure_reason"]);
  }

  /** What whoever changed it had to say. */
  get comment(): string | undefined {
    return text(this.#document["comment"] ?? this.#document["note"]);
  }

  /** Who changed it last. */
  get changed_by(): string | undefined {
    return text(this.#document["changed_by"]);
  }

  /** What kind of user, rule or service that was; told by the service of today. */
  get changed_by_type(): string | undefined {
    return text(this.#document["changed_by_type"]);
  }

  /** When it was changed last. */
  get last_update_time(): Date | undefined {
    return parseTime(this.#document["last_update_time"] ?? this.#document["change_timestamp"]);
  }

  /** As the service sent it. */
  toJSON(): Record<string, unknown> {
    return structuredClone(this.#document);
  }

  [inspect.custom](): string {
    return `Workflow ${inspect(this.#document, { breakLength: Number.POSITIVE_INFINITY })}`;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
