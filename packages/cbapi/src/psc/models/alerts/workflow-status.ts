import { CALL, checkCall } from "../../../core/call-options.js";
import { ServerError, TimeoutError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Document, Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pauseAfter } from "../../../core/pauses.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../host.js";
import { askForObject } from "../../send.js";
import type { RawWorkflow } from "./alert-fields.js";
import { WORKFLOW_STATUS } from "./calls.js";
import { Workflow } from "./workflow.js";

/** How the end of a change is waited for. */
export interface WorkflowWaitOptions extends CallOptions {
  /** Called after each look at it, and awaited; what it throws ends the waiting. */
  readonly onProgress?: ((status: WorkflowStatus) => void | Promise<void>) | undefined;
  /** For how long it is waited for, in milliseconds; without it, until it has ended. */
  readonly timeout?: number | undefined;
}

/** What the job of a change is called by the classic routes. */
const JOB_STATES: ReadonlyMap<unknown, string> = new Map([
  ["CREATED", "QUEUED"],
  ["COMPLETED", "FINISHED"],
]);

/**
 * How far the service has come with a change of many alerts: `GET .../workflow/status/{id}`, or the job that carries it out,
 * `GET /jobs/v1/orgs/{org}/jobs/{id}`. Its key is the id that the change was answered with.
 *
 * What is read of it stays as it is until {@link WorkflowStatus.refresh} or {@link WorkflowStatus.wait} asks again.
 * @example
 * const id = await cb.bulkThreatDismiss(["A1B2"], "fixed");
 * const status = await cb.select(WorkflowStatus, id);
 * await status.wait({ onProgress: ({ num_success, num_hits }) => console.log(num_success, "of", num_hits) });
 */
export class WorkflowStatus extends defineModel(
  { name: "WorkflowStatus", path: "/appservices/v6/orgs/{org}/workflow/status", key: "id" },
  {
    id: t.string(),
    /** `QUEUED`, `IN_PROGRESS`, `FINISHED` or `FAILED`. */
    status: t.string(),
    /** How many alerts it is about. */
    num_hits: t.integer(),
    /** How many of them were changed. */
    num_success: t.integer(),
    errors: t.array(t.string()),
    /** The alerts that were not changed; the service of today does not name them. */
    failed_ids: t.array(t.string()),
    workflow: t.object<RawWorkflow>(),
  },
) {
  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const host = cloud(client);
    const answer = await askForObject(host, WORKFLOW_STATUS, { values: { id: key } }, options);
    return { document: host.routes === "classic" ? { id: key, ...answer } : jobAsStatus(key, answer) };
  }

  /** The id that the change was answered with. */
  get id_(): string {
    return this.id;
  }

  /** What the alerts are changed to. */
  get workflow_(): Workflow {
    return new Workflow((this.workflow as Document | undefined) ?? {});
  }

  /** Whether the service has not begun yet. */
  get queued(): boolean {
    return this.status === "QUEUED";
  }

  /** Whether the service is at it. */
  get in_progress(): boolean {
    return this.status === "IN_PROGRESS";
  }

  /** Whether the service is done with it. */
  get finished(): boolean {
    return this.status === "FINISHED";
  }

  /**
   * Asks again until the service is done, after one, two, four and then every five seconds. Aborting ends the waiting, not
   * the change.
   * @throws ServerError with code `WORKFLOW_FAILED` when the service has given the change up
   * @throws TimeoutError when it takes longer than `timeout`; the change goes on
   */
  async wait(options: WorkflowWaitOptions = {}): Promise<this> {
    checkCall("wait()", options, ["onProgress", ...CALL]);
    const { onProgress, signal, timeout } = options;
    const { clock } = cloud(WorkflowStatus.stateOf(this).client);
    const limit = timeout === undefined ? 0 : timeLimit(timeout);
    const deadline = limit === 0 ? Number.POSITIVE_INFINITY : clock.now() + limit;
    for (let looks = 0; ; looks++) {
      await this.refresh({ signal });
      await onProgress?.(this);
      if (this.finished) return this;
      if (this.status === "FAILED") throw this.#failure();
      const left = deadline - clock.now();
      if (left <= 0) {
        const message = `The change ${this.id} has not come to its end within ${timeout} ms: it is ${this.status}. It goes on`;
        throw new TimeoutError(message, { timeout: limit });
      }
      await clock.sleep(Math.min(pauseAfter(looks), left), signal);
    }
  }

  #failure(): ServerError {
    const why = this.errors?.join("; ") || "it does not say why";
    return new ServerError(`The service has given up the change ${this.id}: ${why}`, { code: "WORKFLOW_FAILED" });
  }
}

/** A job in the words of a change. */
function jobAsStatus(key: Key, job: Document): Document {
  const { status, progress, errors, job_parameters: parameters } = job;
  const { num_total: hits, num_completed: done } = (progress ?? {}) as Document;
  const { job_parameters: inner } = (parameters ?? {}) as Document;
  const { request } = (inner ?? {}) as Document;
  return {
    id: String(key),
    status: JOB_STATES.get(status) ?? status,
    num_hits: hits ?? 0,
    num_success: done ?? 0,
    ...(errors === undefined || errors === null ? {} : { errors }),
    ...(typeof request === "object" && request !== null ? { workflow: request } : {}),
  };
}
