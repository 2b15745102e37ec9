import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../../core/model/model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { isText } from "../../queries/criteria.js";
import { routeOf } from "../../routes.js";
import { objectIn, tell } from "../../send.js";
import { type Job, jobFrom } from "../jobs/job.js";
import { AlertOperation, type AlertSelection } from "./alert-operation.js";
import { AlertTail, type AlertTailOptions } from "./alert-tail.js";
import { AlertSearch, type AlertState } from "./base-query.js";
import { ALERT_EXPORT, ALL_ALERTS, type AlertCalls } from "./calls.js";
import {
  type AlertChange,
  type AlertWords,
  type ClassicChange,
  classicChange,
  currentChange,
  saidIn,
} from "./change.js";
import { refuseGone } from "./criteria.js";
import { GroupedAlertSearchQuery } from "./grouped.js";
import { endOfTime } from "./time-window.js";
import * as words from "./values.js";

/**
 * A search for alerts: `POST .../alerts/_search`. Values of one criterion are a choice, and more calls add to it; different
 * criteria must all hold.
 * @example
 * const open = cb.select(BaseAlert).setCreateTime({ range: "-2d" }).setMinimumSeverity(7).setWorkflows(["OPEN"]);
 * for await (const alert of open) console.log(alert.device_name, alert.reason);
 */
export class BaseAlertSearchQuery<M extends AnyModel> extends AlertSearch<M> {
  protected readonly calls: AlertCalls = ALL_ALERTS;
  protected readonly type: string | undefined = undefined;

  /** @internal */
  static of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): BaseAlertSearchQuery<M> {
    return new BaseAlertSearchQuery(client, model, {});
  }

  /** Alerts of these categories. Classic routes only: the service of today has a severity in place of it. */
  setCategories(values: readonly words.AlertCategory[]): this {
    return this.words("setCategories", "category", values, words.ALERT_CATEGORIES, "category values");
  }

  /** Alerts of these devices. */
  setDeviceIds(values: readonly number[]): this {
    return this.numbers("setDeviceIds", "device_id", values, "device IDs");
  }

  /** Alerts of devices of these names. */
  setDeviceNames(values: readonly string[]): this {
    return this.texts("setDeviceNames", "device_name", values, "device names");
  }

  /** Alerts of devices with these systems. */
  setDeviceOs(values: readonly words.AlertDeviceOs[]): this {
    return this.words("setDeviceOs", "device_os", values, words.ALERT_DEVICE_OS, "operating systems");
  }

  /** Alerts of devices with these versions of a system. */
  setDeviceOsVersions(values: readonly string[]): this {
    return this.texts("setDeviceOsVersions", "device_os_version", values, "device OS versions");
  }

  /** Alerts of devices of these users. */
  setDeviceUsername(values: readonly string[]): this {
    return this.texts("setDeviceUsername", "device_username", values, "user names");
  }

  /**
   * Whether alerts of the same threat stand behind one. Classic routes only: the service of today gives alerts by groups
   * another way.
   */
  setGroupResults(flag: boolean): this {
    if (typeof flag !== "boolean")
      throw invalidArgument(`setGroupResults takes true or false, got ${JSON.stringify(flag)}`);
    refuseGone("group_results", this.host.routes, "setGroupResults");
    return this.withCriterion("group_results", flag);
  }

  /** Alerts with these ids. */
  setAlertIds(values: readonly string[]): this {
    return this.texts("setAlertIds", "id", values, "alert ID values");
  }

  /** Alerts with these ids of before; to the service of today they are ids like others. */
  setLegacyAlertIds(values: readonly string[]): this {
    return this.texts("setLegacyAlertIds", "legacy_alert_id", values, "alert ID values");
  }

  /** Alerts of this severity, from 1 to 10, or a higher one. */
  setMinimumSeverity(severity: number): this {
    if (!Number.isInteger(severity) || severity < 1 || severity > 10) {
      throw invalidArgument(`setMinimumSeverity takes a whole number from 1 to 10, got ${JSON.stringify(severity)}`);
    }
    return this.withCriterion("minimum_severity", severity);
  }

  /** Alerts of devices that had these policies. */
  setPolicyIds(values: readonly number[]): this {
    return this.numbers("setPolicyIds", "policy_id", values, "policy IDs");
  }

  /** Alerts of devices that had policies of these names. */
  setPolicyNames(values: readonly string[]): this {
    return this.texts("setPolicyNames", "policy_name", values, "policy names");
  }

  /** Alerts of programs of these names; the service of today knows programs by their paths. */
  setProcessNames(values: readonly string[]): this {
    return this.texts("setProcessNames", "process_name", values, "process names");
  }

  /** Alerts of programs with these hashes. */
  setProcessSha256(values: readonly string[]): this {
    return this.texts("setProcessSha256", "process_sha256", values, "SHA256 values");
  }

  /** Alerts of programs of these reputations. */
  setReputations(values: readonly words.AlertReputation[]): this {
    return this.words("setReputations", "reputation", values, words.REPUTATIONS, "reputation values");
  }

  /** Alerts with these tags. */
  setTags(values: readonly string[]): this {
    return this.texts("setTags", "tag", values, "tags");
  }

  /** Alerts of devices that are worth so much. */
  setTargetPriorities(values: readonly words.TargetValue[]): this {
    return this.words("setTargetPriorities", "target_value", values, words.TARGET_VALUES, "priority values");
  }

  /** Alerts of these threats. */
  setThreatIds(values: readonly string[]): this {
    return this.texts("setThreatIds", "threat_id", values, "threat ID values");
  }

  /**
   * Alerts of these kinds. Kinds that are newer than this library are asked for by `addCriteria("type", ...)`.
   */
  setTypes(values: readonly words.AlertType[]): this {
    return this.words("setTypes", "type", values, words.ALERT_TYPES, "alert type values");
  }

  /** Alerts that are open, or dismissed. */
  setWorkflows(values: readonly words.WorkflowState[]): this {
    return this.words("setWorkflows", "workflow", values, words.WORKFLOW_STATES, "workflow status values");
  }

  /**
   * Dismisses all alerts that match. Nothing is sent before the operation is awaited.
   * @param remediation what was done; to the service of today one of a few reasons, and what is none goes with the note
   * @param comment what is to be said about it
   * @example await query.dismiss("fixed", "after the clean-up")
   * @throws ApiError with code `UNFILTERED` when nothing narrows the search, unless `all` is set
   */
  dismiss(remediation?: string, comment?: string, options?: AlertSelection): AlertOperation;
  dismiss(words: AlertWords & AlertSelection): AlertOperation;
  dismiss(
    first?: string | (AlertWords & AlertSelection),
    comment?: string,
    given: AlertSelection = {},
  ): AlertOperation {
    return this.#classicChange("dismiss", "DISMISSED", saidIn(first, comment, given));
  }

  /** Opens all alerts that match, or leaves them open and says something about them; otherwise as {@link BaseAlertSearchQuery.dismiss}. */
  update(remediation?: string, comment?: string, options?: AlertSelection): AlertOperation;
  update(words: AlertWords & AlertSelection): AlertOperation;
  update(first?: string | (AlertWords & AlertSelection), comment?: string, given: AlertSelection = {}): AlertOperation {
    return this.#classicChange("update", "OPEN", saidIn(first, comment, given));
  }

  /**
   * Changes all alerts that match, in the words of today's service: also that they are being worked on, and what they turned
   * out to be. Nothing is sent before the operation is awaited.
   * @example await query.changeStatus({ status: "CLOSED", closureReason: "RESOLVED", determination: "TRUE_POSITIVE" })
   * @throws ApiError with code `UNFILTERED` when nothing narrows the search, unless `all` is set
   */
  changeStatus(change: AlertChange & AlertSelection): AlertOperation {
    const { all, ...rest } = change;
    return this.#operation("changeStatus", currentChange(rest, this.host.routes, "changeStatus"), { all });
  }

  /**
   * The alerts of this search as they come in, without end: those that are there from a moment or a position on, then new
   * ones, which are asked for every 30 seconds or `interval`. Leaving the loop, or the signal, ends it. Nothing is sent
   * before the first is wanted, and no more than one page is kept.
   *
   * They come by the time at which they came in, each once, and one that shows up to a minute or `overlap` late is given when
   * it shows. {@link AlertTail.position} is the place to go on from, in another process as well: whoever keeps it together with
   * what he has done, in one write, misses none and repeats none, wherever he was stopped. That an alert is changed later
   * does not give it again.
   *
   * While the service is out of order the tail waits, and `onWait` is told; only a first request that fails ends it.
   * @example
   * const tail = cb.select(BaseAlert).setMinimumSeverity(5).tail({ position: saved, signal });
   * for await (const alert of tail) await save({ alert: alert.toJSON(), position: tail.position });
   * @throws ApiError with code `INVALID_ARGUMENT` when the options are none, or the search has an order or a time of its own
   */
  tail(options: AlertTailOptions = {}): AlertTail<M> {
    if (this.state.sort !== undefined || this.state.time !== undefined || this.isGrouped) {
      throw invalidArgument(
        "tail() gives alerts by the time at which they came in: leave sortBy(), setCreateTime() and setGroupResults() out",
      );
    }
    const rows = this.state.batchSize ?? this.pageSize;
    const byTime = this.inTime();
    const page = async (from: string, start: number, call: CallOptions) => {
      const reading = byTime.with({ time: { start: from, end: endOfTime } });
      return reading.slice(start, start + rows, call);
    };
    return new AlertTail<M>({ host: this.host, page, rows }, options);
  }

  /**
   * The alerts of this search by groups that share the value of a field. Only the service of today has them. An order of
   * this search is left out.
   * @param field as the service calls it today
   * @example for await (const group of cb.select(BaseAlert).groupBy()) console.log(group.count, group.mostRecentAlert.reason)
   */
  groupBy(field = "threat_id"): GroupedAlertSearchQuery {
    return GroupedAlertSearchQuery.by(this.client, field, this.state);
  }

  /**
   * Has the service write the alerts of this search into a list of values separated by commas, 25,000 at most:
   * `POST .../alerts/_export`. Only the service of today does that.
   * @param options `fields`: those that are wanted; without them, what the service thinks best
   * @example await (await query.export()).output.save("alerts.csv")
   * @returns the job, which is waited for by `awaitCompletion()`, or by reading its output
   */
  async export(options: CallOptions & { readonly fields?: readonly string[] | undefined } = {}): Promise<Job> {
    const { fields, ...call } = options;
    checkCall("export()", call, CALL);
    if (fields !== undefined && (!Array.isArray(fields) || fields.length === 0 || !fields.every(isText))) {
      throw invalidArgument(`export: fields are a list of names, at least one: got ${JSON.stringify(fields)}`);
    }
    if (this.host.routes === "classic") {
      throw invalidArgument('export: the classic routes have none: make the client with routes: "current"');
    }
    const json = { ...this.selection(), ...this.order(), format: "CSV", ...(fields === undefined ? {} : { fields }) };
    return jobFrom(this.host, objectIn(await tell(this.host, ALERT_EXPORT, { json }, call), ALERT_EXPORT));
  }

  /** @internal The same search with what another has asked for. */
  alike(state: AlertState): this {
    return this.with(state);
  }

  #classicChange(
    verb: string,
    state: ClassicChange["state"],
    { said, options }: { readonly said: AlertWords; readonly options: AlertSelection },
  ): AlertOperation {
    return this.#operation(verb, classicChange({ ...said, state }, this.host.routes), options);
  }

  #operation(verb: string, change: Record<string, unknown>, options: AlertSelection): AlertOperation {
    checkCall(`${verb}()`, options, ["all"]);
    if (options.all !== true) this.refuseUnfiltered(verb);
    const { client, model, host } = this;
    const route = routeOf(this.calls.change, host.routes);
    const pages = (call: CallOptions) => this.pages(call);
    const matched = () => this.knownTotal;
    const selection = this.selection();
    return new AlertOperation(verb, { client, model, text: this.describe(), route, selection, pages, matched }, change);
  }
}
