import { keysOf } from "../../../core/bulk/found.js";
import { BulkOperation } from "../../../core/bulk/operation.js";
import { CALL, checkCall } from "../../../core/call-options.js";
import { ServerError } from "../../../core/errors.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../../core/model/model.js";
import { sendWrite } from "../../../core/model/write.js";
import type { PageExecution } from "../../../core/query/execution.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudRoute } from "../../routes.js";
import { WorkflowStatus, type WorkflowWaitOptions } from "./workflow-status.js";

/** Alerts that one request names, where they are named. */
const ALERTS_A_REQUEST = 500;

/** Whom a change of alerts concerns. */
export interface AlertSelection {
  /** Lets a search that nothing narrows change every alert that there is. */
  readonly all?: boolean | undefined;
}

/** What came of a change of alerts in the end. */
export interface AlertOutcome {
  /** How many alerts it was about. */
  readonly hits: number;
  /** How many of them were changed. */
  readonly success: number;
  /** Those that were not, as far as the service names them. */
  readonly failedIds: readonly string[];
  /** What the service had to say. */
  readonly errors: readonly string[];
}

/** The search whose alerts are changed. */
export interface ChangedAlerts {
  readonly client: ModelHost;
  readonly model: ModelClass;
  readonly text: string;
  readonly route: CloudRoute;
  /** What selects them, as bodies have it. */
  readonly selection: Record<string, unknown>;
  pages(options: CallOptions): PageExecution<AnyModel>;
  matched(): number | undefined;
}

/**
 * A change of all alerts that a search finds, which has not been sent yet.
 *
 * Awaiting it gives the service the search, in one request, and a report of whether it was accepted; the service then works
 * by itself, and {@link AlertOperation.finished} waits for the end of that. After {@link BulkOperation.plan}, which reads which
 * alerts there are, exactly these are changed, 500 a request.
 * @example
 * const change = cb.select(BaseAlert).setDeviceNames(["WIN-7"]).dismiss("fixed", "after the clean-up");
 * console.log((await change.plan()).total);
 * const { success } = await change.finished({ onProgress: (status) => console.log(status.num_success) });
 */
export class AlertOperation extends BulkOperation<string, undefined> {
  readonly #statuses: WorkflowStatus[];

  /** @internal Made by a search. */
  constructor(verb: string, alerts: ChangedAlerts, change: Record<string, unknown>) {
    const { client, model, text, route, selection } = alerts;
    const statuses: WorkflowStatus[] = [];
    const method = route.method as "POST";
    const { path } = route;
    super({
      name: `${verb} of ${model.spec.name} query ${JSON.stringify(text)}`,
      batchSize: ALERTS_A_REQUEST,
      repeatable: true,
      find: async (options) => {
        const { items, ...found } = await keysOf(alerts.pages(options));
        return { ...found, items: items.map(String), unchanged: undefined, refused: undefined, notes: [] };
      },
      request: (ids) => ({ method, path, body: { criteria: { id: ids }, ...change } }),
      send: async (write, options) => {
        statuses.push(statusOf(client, await sendWrite(client, write, options)));
        return undefined;
      },
      changed: () => client.identityMap.evictAll(model),
      byQuery: {
        request: async () => ({ method, path, body: { ...selection, ...change } }),
        matched: () => alerts.matched(),
      },
    });
    this.#statuses = statuses;
  }

  /** The changes that the service has accepted so far: one, or after a plan one for each 500 alerts. */
  get statuses(): readonly WorkflowStatus[] {
    return Object.freeze([...this.#statuses]);
  }

  /**
   * Carries it out, if that was not done, and waits until the service is done.
   * @param options as for {@link WorkflowStatus.wait}; `timeout` bounds the waiting for each request by itself
   * @throws BulkError when the service did not accept it
   * @throws ServerError with code `WORKFLOW_FAILED` when it gave the change up
   */
  async finished(options: WorkflowWaitOptions = {}): Promise<AlertOutcome> {
    checkCall("finished()", options, ["onProgress", ...CALL]);
    const { signal } = options;
    (await this.run({ signal })).throwIfIncomplete();
    const outcome = { hits: 0, success: 0, failedIds: [] as string[], errors: [] as string[] };
    for (const status of this.#statuses) {
      const { num_hits, num_success, failed_ids = [], errors = [] } = await status.wait(options);
      outcome.hits += num_hits ?? 0;
      outcome.success += num_success ?? 0;
      outcome.failedIds.push(...failed_ids);
      outcome.errors.push(...errors);
    }
    return outcome;
  }
}

/** The change that an answer has begun. */
export function statusOf(client: ModelHost, answer: unknown): WorkflowStatus {
  return new WorkflowStatus({ client, key: requestIdIn(answer) });
}

/** The id that a change was given. */
export function requestIdIn(answer: unknown): string {
  const id: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "request_id") : undefined;
  if ((typeof id === "string" && id !== "") || typeof id === "number") return String(id);
  throw new ServerError("The service has answered a change of alerts without the id of the request", {
    code: "UNEXPECTED_ANSWER",
  });
}
