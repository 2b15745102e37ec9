import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { AnyModel } from "../../core/model/model.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { CloudState } from "../../psc/queries/cloud-query.js";
import { checkedValues, isText, isWholeNumber } from "../../psc/queries/criteria.js";
import { searchAnswer } from "../../psc/queries/search-answer.js";
import type { CloudCall } from "../../psc/routes.js";
import { ask } from "../../psc/send.js";
import { LiveQuerySearch } from "./live-query-search.js";

export interface OfRunState extends CloudState {
  /** The run whose answers are searched. */
  readonly run?: string | undefined;
}

/** Criteria as they were called first, and what they are called now. */
const renamed = new Map([
  ["device_id", "device.id"],
  ["device_name", "device.name"],
  ["device_type", "device.os"],
  ["policy_id", "device.policy_id"],
  ["policy_name", "device.policy_name"],
]);

/** Criteria by their names: each is a list of values, of which any will do. */
export type CriteriaValues = Readonly<Record<string, readonly (string | number | boolean)[]>>;

/** What is searched of one run: what devices answered, or how they fared. */
export abstract class OfRunQuery<M extends AnyModel, S extends OfRunState = OfRunState> extends LiveQuerySearch<M, S> {
  /** The run that is searched, by its id. It has to be named. */
  runId(id: string): this {
    if (!isText(id)) throw invalidArgument(`run_id is the id of a run, got ${JSON.stringify(id)}`);
    return this.with({ run: id } as unknown as Partial<S>);
  }

  /**
   * Narrows by criteria, in place of those of the same names: `{ "device.os": ["WINDOWS"], status: ["matched"] }`. There
   * are `device.id`, `device.name`, `device.os`, `device.policy_id`, `device.policy_name` and `status`.
   */
  criteria(values: CriteriaValues): this {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      throw invalidArgument(`criteria is an object of lists, got ${JSON.stringify(values)}`);
    }
    const isClassic = this.host.routes === "classic";
    let narrowed = this as this;
    for (const [name, list] of Object.entries(values)) {
      const checked = checkedValues(list, (value) => isText(value) || isScalar(value), `${name} has invalid values`);
      narrowed = narrowed.withCriterion(isClassic ? name : (renamed.get(name) ?? name), checked);
    }
    return narrowed;
  }

  /** Answers of these devices only, by their ids. */
  setDeviceIds(ids: readonly number[]): this {
    return this.withCriteria("device.id", ids, isWholeNumber, "One or more invalid device IDs");
  }

  /** Answers of devices of these names only. */
  setDeviceNames(names: readonly string[]): this {
    return this.withCriteria("device.name", names, isText, "One or more invalid device names");
  }

  /** Answers of devices of these systems only: `WINDOWS`, `MAC`, `LINUX`. */
  setDeviceOs(systems: readonly string[]): this {
    return this.withCriteria("device.os", systems, isText, "One or more invalid device OS values");
  }

  /** Answers of devices that have these policies only, by their ids. */
  setPolicyIds(ids: readonly number[]): this {
    return this.withCriteria("device.policy_id", ids, isWholeNumber, "One or more invalid policy IDs");
  }

  /** Answers of devices that have policies of these names only. */
  setPolicyNames(names: readonly string[]): this {
    return this.withCriteria("device.policy_name", names, isText, "One or more invalid policy names");
  }

  /**
   * Answers of these kinds only: `matched`, `not_matched`, `in_progress`, `not_started`, `error`, `not_supported`,
   * `cancelled`.
   */
  setStatuses(statuses: readonly string[]): this {
    return this.withCriteria("status", statuses, isText, "One or more invalid statuses");
  }

  /** The run that is searched. @throws ApiError when none was named */
  protected requireRun(what: string): string {
    const { run } = this.state;
    if (run !== undefined) return run;
    throw new ApiError(
      `Can't retrieve ${what} without a run ID: name the run with runId(id), or begin at the run itself`,
    );
  }

  /** One request about the run, of which nothing is changed. */
  protected askOfRun(call: CloudCall, what: string, json: unknown, options: CallOptions): Promise<unknown> {
    return ask(this.host, call, { values: { run: this.requireRun(what) }, json }, options);
  }

  protected override async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const answer = await this.askOfRun(this.searchCall, "results", this.body(window), options);
    return searchAnswer(answer, this.searchCall.call);
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    const { sort: _, ...unsorted } = this.body({ start: 0, rows: 1 });
    const answer = await this.askOfRun(this.searchCall, "count", unsorted, options);
    return searchAnswer(answer, this.searchCall.call).total ?? super.askTotal(options);
  }

  protected override describe(): string {
    const { run } = this.state;
    return [run === undefined ? "" : `run_id:${run}`, super.describe()].filter((text) => text !== "").join(" ");
  }
}

function isScalar(value: unknown): boolean {
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}
