import { CALL, checkCall } from "../../../core/call-options.js";
import { InvalidObjectError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Document, type Fetched, type Key } from "../../../core/model/document.js";
import { frozen, isField } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model } from "../../../core/model/model.js";
import { optional } from "../../../core/model/relations.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { type CloudHost, cloud } from "../../host.js";
import { askForObject, objectIn, tell } from "../../send.js";
import { Device } from "../devices/device.js";
import { alertFields } from "./alert-fields.js";
import { requestIdIn } from "./alert-operation.js";
import { BaseAlertSearchQuery } from "./base-alert-query.js";
import { ALERT_CHANGE, ALERT_READ, THREAT_CHANGE } from "./calls.js";
import {
  type AlertChange,
  type AlertWords,
  type ClassicChange,
  classicChange,
  currentChange,
  saidIn,
  threatChange,
} from "./change.js";
import { classicDocument, DERIVED_FIELDS, RENAMED_FIELDS, valueIn } from "./names.js";
import { type AlertNote, addNote, notesOf } from "./notes.js";
import { addTags, deleteTag, historyOf, tagsOf } from "./threats.js";
import { Workflow } from "./workflow.js";
import { WorkflowStatus } from "./workflow-status.js";

/** About what a note is, or a history: one alert, or all alerts of its threat. */
export interface AboutOptions extends CallOptions {
  /** Whether it is about the threat. */
  readonly threat?: boolean | undefined;
}

/** What is said about a change, and how it is sent. */
interface Said {
  readonly said: AlertWords;
  readonly options: CallOptions;
}

/**
 * Something that the service thinks somebody should look at: `GET .../alerts/{id}`. Its fields cannot be assigned;
 * {@link BaseAlert.dismiss} and its like change where it stands.
 *
 * The service has renamed many fields. An alert answers to the names of both generations, whichever it came from:
 * `create_time` and `backend_timestamp`, `policy_name` and `device_policy`. `toJSON()` gives it as the service sent it.
 * @example
 * const alert = await cb.select(BaseAlert, "88ed6a12-...");
 * console.log(alert.create_time, alert.device_name, alert.workflow_.state);
 * await alert.dismiss("RESOLVED", "was a test");
 */
export class BaseAlert extends defineModel(
  { name: "BaseAlert", path: "/api/alerts/v7/orgs/{org}/alerts", key: "id" },
  {
    ...alertFields,
    get device() {
      return optional(Device, "device_id");
    },
  },
) {
  /** @internal A search for alerts, which has not been sent. */
  static query(client: ModelHost): BaseAlertSearchQuery<BaseAlert> {
    return BaseAlertSearchQuery.of(client, BaseAlert);
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return { document: await askForObject(cloud(client), ALERT_READ, { values: { id: key } }, options) };
  }

  /** Where it stands, by the names of both generations. */
  get workflow_(): Workflow {
    return new Workflow((this.workflow as Document | undefined) ?? {});
  }

  /** Any field of the document by its name of either generation, as the service sent it. */
  override get<T = unknown>(name: string, fallback?: T): T | undefined {
    const value = super.get<T>(name);
    if (value !== undefined) return value;
    const other = valueIn(BaseAlert.stateOf(this).document, name);
    return other === undefined ? fallback : (frozen(other) as T);
  }

  /** The alert with the names that its fields had in `cbapi`'s generation of the service; fields that are new keep theirs. */
  toClassic(): Record<string, unknown> {
    return structuredClone(classicDocument(BaseAlert.stateOf(this).document));
  }

  /**
   * Dismisses it.
   * @param remediation what was done; to the service of today one of a few reasons, and what is none goes with the note
   * @param comment what is to be said about it
   * @returns the alert, whose `workflow` is the new one
   */
  dismiss(remediation?: string, comment?: string, options?: CallOptions): Promise<this>;
  dismiss(words: AlertWords & CallOptions): Promise<this>;
  dismiss(first?: string | (AlertWords & CallOptions), comment?: string, given: CallOptions = {}): Promise<this> {
    return this.#change("dismiss()", "DISMISSED", saidIn(first, comment, given));
  }

  /** Opens it, or leaves it open and says something about it; otherwise as {@link BaseAlert.dismiss}. */
  update(remediation?: string, comment?: string, options?: CallOptions): Promise<this>;
  update(words: AlertWords & CallOptions): Promise<this>;
  update(first?: string | (AlertWords & CallOptions), comment?: string, given: CallOptions = {}): Promise<this> {
    return this.#change("update()", "OPEN", saidIn(first, comment, given));
  }

  /**
   * Changes it in the words of today's service: also that it is being worked on, and what it turned out to be.
   * @example await alert.changeStatus({ status: "IN_PROGRESS", note: "looking into it" })
   */
  changeStatus(change: AlertChange, options: CallOptions = {}): Promise<this> {
    checkCall("changeStatus()", options, CALL);
    return this.#send(currentChange(change, this.#host.routes, "changeStatus"), options);
  }

  /**
   * Dismisses all alerts of its threat, and those that are still to come.
   * @returns where this alert stands then
   * @throws InvalidObjectError when it belongs to no threat
   */
  dismissThreat(remediation?: string, comment?: string, options?: CallOptions): Promise<Workflow>;
  dismissThreat(words: AlertWords & CallOptions): Promise<Workflow>;
  dismissThreat(
    first?: string | (AlertWords & CallOptions),
    comment?: string,
    given: CallOptions = {},
  ): Promise<Workflow> {
    return this.#changeThreat("dismissThreat()", "DISMISSED", saidIn(first, comment, given));
  }

  /** Opens all alerts of its threat, and those that are still to come; otherwise as {@link BaseAlert.dismissThreat}. */
  updateThreat(remediation?: string, comment?: string, options?: CallOptions): Promise<Workflow>;
  updateThreat(words: AlertWords & CallOptions): Promise<Workflow>;
  updateThreat(
    first?: string | (AlertWords & CallOptions),
    comment?: string,
    given: CallOptions = {},
  ): Promise<Workflow> {
    return this.#changeThreat("updateThreat()", "OPEN", saidIn(first, comment, given));
  }

  /** What was noted about it, or with `threat` about its threat: `GET .../alerts/{id}/notes`. */
  async notes(options: AboutOptions = {}): Promise<AlertNote[]> {
    const { about, call } = await this.#about("notes()", options);
    return notesOf(this.#host, about, call);
  }

  /**
   * Adds a note to it, or with `threat` to its threat: `POST .../alerts/{id}/notes`.
   * @throws ApiError with code `INVALID_ARGUMENT` when it is no text, or longer than 20,000 characters
   */
  async createNote(text: string, options: AboutOptions = {}): Promise<AlertNote> {
    const { about, call } = await this.#about("createNote()", options);
    return addNote(this.#host, about, text, call);
  }

  /** What was done about it, or with `threat` about its threat: `GET .../alerts/{id}/history`. */
  async history(options: AboutOptions = {}): Promise<Record<string, unknown>[]> {
    const { about, call } = await this.#about("history()", options);
    return historyOf(this.#host, about, call);
  }

  /** The tags of its threat: `GET .../threats/{threat_id}/tags`. */
  async threatTags(options: CallOptions = {}): Promise<string[]> {
    checkCall("threatTags()", options, CALL);
    return tagsOf(this.#host, await this.#threat("threatTags()", options), options);
  }

  /** Adds tags to its threat. @returns those that it has then */
  async addThreatTags(tags: readonly string[], options: CallOptions = {}): Promise<string[]> {
    checkCall("addThreatTags()", options, CALL);
    return addTags(this.#host, await this.#threat("addThreatTags()", options), tags, options);
  }

  /** Takes a tag from its threat. @returns those that it has then */
  async deleteThreatTag(tag: string, options: CallOptions = {}): Promise<string[]> {
    checkCall("deleteThreatTag()", options, CALL);
    return deleteTag(this.#host, await this.#threat("deleteThreatTag()", options), tag, options);
  }

  get #host(): CloudHost {
    return cloud(BaseAlert.stateOf(this).client);
  }

  async #change(method: string, state: ClassicChange["state"], { said, options }: Said): Promise<this> {
    checkCall(method, options, CALL);
    return this.#send(classicChange({ ...said, state }, this.#host.routes), options);
  }

  async #send(change: Record<string, unknown>, options: CallOptions): Promise<this> {
    const host = this.#host;
    const { id } = this;
    if (host.routes === "classic") {
      const answer = await tell(host, ALERT_CHANGE, { values: { id }, json: change }, options);
      this.#takeWorkflow(objectIn(answer, ALERT_CHANGE));
      return this;
    }
    const answer = await tell(host, ALERT_CHANGE, { json: { criteria: { id: [id] }, ...change } }, options);
    await new WorkflowStatus({ client: host, key: requestIdIn(answer) }).wait(options);
    return this.refresh(options);
  }

  async #changeThreat(method: string, state: ClassicChange["state"], { said, options }: Said): Promise<Workflow> {
    checkCall(method, options, CALL);
    const change = { ...said, state };
    const host = this.#host;
    const threat = await this.#threat(method, options);
    const present = classicChange(change, host.routes);
    const json = threatChange(change);
    if (host.routes === "classic") {
      const answer = objectIn(
        await tell(host, THREAT_CHANGE, { values: { id: threat }, json }, options),
        THREAT_CHANGE,
      );
      this.#takeWorkflow(answer);
      return new Workflow(answer);
    }
    // What is still to come first: no alert can come in between that neither of the two has changed.
    await tell(host, THREAT_CHANGE, { json: { ...json, threat_id: [threat] } }, options);
    const answer = await tell(host, ALERT_CHANGE, { json: { criteria: { threat_id: [threat] }, ...present } }, options);
    await new WorkflowStatus({ client: host, key: requestIdIn(answer) }).wait(options);
    return (await this.refresh(options)).workflow_;
  }

  #takeWorkflow(workflow: Document): void {
    const state = BaseAlert.stateOf(this);
    state.document = { ...state.document, workflow };
    state.client.identityMap.evict(this.constructor as typeof BaseAlert, this.id);
  }

  /** What a note or a history is about. */
  async #about(method: string, { threat = false, ...call }: AboutOptions) {
    checkCall(method, call, CALL);
    const about = threat ? { threat: await this.#threat(method, call) } : { alert: this.id };
    return { about, call };
  }

  async #threat(method: string, options: CallOptions): Promise<string> {
    if (this.threat_id === undefined && BaseAlert.stateOf(this).completeness !== Completeness.full)
      await this.load(options);
    const { threat_id: id } = this;
    if (id !== undefined && id !== "") return id;
    throw new InvalidObjectError(`${method}: alert ${this.id} belongs to no threat`);
  }
}

// An alert answers to the names of both generations.
for (const name of [...RENAMED_FIELDS, ...DERIVED_FIELDS]) {
  const field: unknown = Object.getOwnPropertyDescriptor(BaseAlert.record, name)?.value;
  const declared = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(BaseAlert.prototype) as object, name);
  if (!isField(field) || declared === undefined) continue;
  Object.defineProperty(BaseAlert.prototype, name, {
    ...declared,
    get(this: BaseAlert): unknown {
      const state = Model.stateOf(this);
      const raw = valueIn(state.document, name);
      if (raw === undefined && state.completeness !== Completeness.full) state.missed = true;
      return raw === undefined ? undefined : field.decode(raw);
    },
  });
}
