import { ApiError, MoreThanOneResultError, ObjectNotFoundError, TimeoutError } from "../../../core/errors.js";
import { dropChanges } from "../../../core/model/assign.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Document, Entry, Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { rebaseOn } from "../../../core/model/rebase.js";
import { optional } from "../../../core/model/relations.js";
import { sameValue } from "../../../core/model/same-value.js";
import { inTurn } from "../../../core/model/turns.js";
import { readNow, sendWrites } from "../../../core/model/write.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import { pauseAfter } from "../../../core/pauses.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { edr } from "../../host.js";
import { AlertQuery } from "../../queries/alert-query.js";
import { asAnswer, pageOf } from "../../queries/search-answer.js";
import { Binary, isMd5 } from "../binary/binary.js";
import { Process } from "../process/process.js";
import { Sensor } from "../sensor/sensor.js";
import {
  type AlertIgnoreOptions,
  type AlertStatus,
  assignment,
  ignoring,
  statusChange,
  statusField,
} from "./alert-changes.js";
import { INDEX_DELAY, tell, untold, withTold } from "./alert-memory.js";
import { Feed } from "./feed.js";
import { ThreatReport } from "./threat-report.js";

/** How an alert is changed. */
export interface AlertChangeOptions extends CallOptions {
  /**
   * Waits for up to so many milliseconds until searches show the change, which on a busy server takes half a minute;
   * without it, the call ends when the server has accepted the change.
   */
  readonly wait?: number | undefined;
}

/**
 * A hit of a watchlist or a feed that somebody should look at.
 *
 * Searches show a change only after a while, and an alert is read by a search. A client that made a change, by this object,
 * another or a bulk operation, shows it at once in every alert that it reads by its id, and does not undo it by a later one;
 * for others, see {@link AlertChangeOptions.wait}.
 *
 * Saving sends the changes with the whole alert: `POST /api/v1/alert/{id}`. To set one field and nothing else, use
 * {@link Alert.changeStatus} or {@link Alert.assign}. With `verify`, it is looked at until searches show the change: for a
 * minute, or `timeout`; `TimeoutError` (`code` is `NOT_SHOWN_YET`) then says that they do not yet, and nothing is undone.
 */
export class Alert extends defineModel(
  { name: "Alert", path: "/api/v2/alert", key: "unique_id", writable: ["status", "assigned_to"] },
  {
    unique_id: t.string(),
    /** `watchlist.hit.ingress.process`, `.binary`, `.host`; `watchlist.hit.query.process`, `.binary`. */
    alert_type: t.string(),
    /** Can be changed, to an {@link AlertStatus}. */
    status: statusField,
    /** Can be changed: the user who looks at it. */
    assigned_to: t.string(),
    created_time: t.dateTime(),
    resolved_time: t.dateTime(),
    /** From 0 to 100: the report's score, weighed with how critical the sensor is and how good the feed. */
    alert_severity: t.number(),
    sensor_criticality: t.number(),
    feed_rating: t.number(),
    ioc_confidence: t.number(),
    /** From -100 (known good) to 100 (malicious). */
    report_score: t.integer(),
    hostname: t.string(),
    /** The name of the sensor's group. */
    group: t.string(),
    username: t.string(),
    os_type: t.string(),
    sensor_id: t.integer(),
    /** -1 for watchlists. */
    feed_id: t.integer(),
    /** `My Watchlists` for watchlists. */
    feed_name: t.string(),
    /** Of a feed, the title of the report. */
    watchlist_name: t.string(),
    /** Of a feed, the id of the report. */
    watchlist_id: t.string(),
    description: t.string(),
    link: t.string(),
    /** Of the process or the binary. */
    md5: t.string(),
    /** From 7.0 on. */
    sha256: t.string(),
    process_name: t.string(),
    process_path: t.string(),
    process_id: t.string(),
    process_unique_id: t.string(),
    /** Some servers cut it off; {@link Alert.process} does without. */
    segment_id: t.integer(),
    ioc_type: t.string(),
    ioc_value: t.string(),
    /** What it hit on; what it holds depends on `ioc_type`. */
    ioc_attr: t.json<Record<string, unknown>>(),
    childproc_count: t.integer(),
    crossproc_count: t.integer(),
    emet_count: t.integer(),
    /** From 7.0 on. */
    fileless_scriptload_count: t.integer(),
    filemod_count: t.integer(),
    modload_count: t.integer(),
    netconn_count: t.integer(),
    processblock_count: t.integer(),
    regmod_count: t.integer(),
    comms_ip: t.ipv4(),
    interface_ip: t.ipv4(),
    /** Whether the report behind it is ignored. */
    report_ignored: t.boolean(),
    /** On how many computers it hit. */
    total_hosts: t.integer(),
    /** Of binaries: the paths that it was seen at. */
    observed_filename: t.array(t.string()),
    /** Grows with each change. */
    _version_: t.integer(),
    /** The process that it is about; `undefined` where it is about something else. */
    get process() {
      return optional(Process, (alert: Alert) =>
        alert.alert_type?.includes("process") === true ? alert.process_id : undefined,
      );
    },
    /** The binary of the process, or that it is about; `undefined` where it names no hash. */
    get binary() {
      return optional(Binary, (alert: Alert) => (isMd5(alert.md5) ? alert.md5 : undefined));
    },
    /** The sensor that it happened on; `undefined` where it names none. */
    get sensor() {
      return optional(Sensor, (alert: Alert) => alert.sensor_id);
    },
    /** The feed that it comes from; `undefined` for watchlists. */
    get feed() {
      return optional(Feed, ({ feed_id }: Alert) => (feed_id === undefined || feed_id < 0 ? undefined : feed_id));
    },
  },
) {
  /** @internal A search for alerts, which has not been sent. */
  static query(client: ModelHost): AlertQuery {
    return new AlertQuery(client, Alert, {});
  }

  /** @internal `GET /api/v2/alert?cb.fq.unique_id={id}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { path } = Alert.spec;
    const answer = await client.getObject(path, { "cb.fq.unique_id": key }, options);
    const [document, ...more] = pageOf(asAnswer(answer)).documents;
    if (document === undefined) {
      throw new ObjectNotFoundError(`There is no Alert with the unique_id ${key}`, {
        method: "GET",
        path,
        status: 200,
      });
    }
    if (more.length > 0) {
      const count = more.length + 1;
      throw new MoreThanOneResultError(`${count} Alerts have the unique_id ${key}`, { count, method: "GET", path });
    }
    return { document: withTold(client, key, document) };
  }

  /** Where somebody stands with it. Can be changed, to an {@link AlertStatus}; newer servers may give others. */
  override get status(): AlertStatus | (string & {}) | undefined {
    return super.status;
  }

  override set status(status: AlertStatus | undefined) {
    super.status = status;
  }

  /** What it hit on; the same as `ioc_attr`. */
  get trigger_ioc(): Readonly<Record<string, unknown>> | undefined {
    return this.ioc_attr;
  }

  /**
   * Has the server ignore the report behind this alert from now on, so that it raises no more alerts, or no longer; the
   * alert gets the status, `False Positive` unless told: `POST /api/v1/alerts`.
   * @example await alert.setIgnored(true, { status: "Resolved" });
   * @throws TimeoutError with `wait`, when the change does not show in time; it stays in force
   */
  async setIgnored(flag = true, options: AlertIgnoreOptions & AlertChangeOptions = {}): Promise<this> {
    const { body, shown } = ignoring(flag, options);
    const { status: _, ...call } = options;
    const { identityMap } = Alert.stateOf(this).client;
    try {
      return await this.#change(this.#forMany(body), shown, call);
    } finally {
      // It is the report that is ignored, and every alert of it tells.
      identityMap.evictAll(Alert);
      identityMap.evictAll(ThreatReport);
    }
  }

  /**
   * Gives it to a user and sets its status to `In Progress`: `POST /api/v1/alerts`.
   * @throws TimeoutError with `wait`, when the change does not show in time; it stays in force
   */
  async assign(target: string, options: AlertChangeOptions = {}): Promise<this> {
    const { body, shown } = assignment(target);
    return this.#change(this.#forMany(body), shown, options);
  }

  /**
   * Sets its status: `POST /api/v1/alert/{id}`. Nothing else of it changes.
   * @throws TimeoutError with `wait`, when the change does not show in time; it stays in force
   */
  async changeStatus(status: AlertStatus, options: AlertChangeOptions = {}): Promise<this> {
    const { shown } = statusChange(status);
    const body = { status, unique_id: this.unique_id };
    return this.#change({ method: "POST", path: this.itemPath, body }, shown, options);
  }

  protected override get collectionPath(): string {
    return "/api/v1/alert";
  }

  protected override updateRequest(): WriteRequest {
    return { method: "POST", path: this.itemPath, body: this.toJSON() };
  }

  protected override accepted(sent: ReadonlyMap<string, unknown>): void {
    tell(Alert.stateOf(this).client, [this.unique_id], Object.fromEntries(sent));
  }

  protected override async verifyWritten(
    sent: ReadonlyMap<string, unknown>,
    entry: Entry,
    options: CallOptions,
  ): Promise<void> {
    const wait = Math.min(INDEX_DELAY, options.timeout ?? Number.POSITIVE_INFINITY);
    await this.#shows(Object.fromEntries(sent), wait, options, entry);
  }

  #forMany(body: Document): WriteRequest {
    return { method: "POST", path: "/api/v1/alerts", body: { alert_ids: [this.unique_id], ...body } };
  }

  async #change(request: WriteRequest, shown: Document, { wait, ...options }: AlertChangeOptions): Promise<this> {
    if (wait !== undefined && !(wait >= 0)) throw new ApiError(`wait wants milliseconds from 0 on, got ${wait}`);
    const state = Alert.stateOf(this);
    await inTurn(this, options, async (call) => {
      const before = new Map(state.changes);
      await sendWrites(this, [request], call);
      tell(state.client, [this.unique_id], shown);
      // Taken over, whatever searches still show. What had been assigned to these fields and not saved is overtaken.
      state.document = { ...state.document, ...shown };
      dropChanges(
        this,
        Object.keys(shown).filter((name) => before.get(name) === state.changes?.get(name)),
      );
    });
    if (wait !== undefined) await this.#shows(shown, wait, options);
    return this;
  }

  /** Looks until a search shows these values. */
  async #shows(values: Document, wait: number, options: CallOptions, first?: Entry): Promise<void> {
    const { client } = Alert.stateOf(this);
    const { clock } = edr(client);
    const deadline = clock.now() + wait;
    for (let look = 0; ; look++) {
      const entry = (look === 0 ? first : undefined) ?? (await readNow(this, options));
      rebaseOn(this, entry);
      const pending = untold(client, this.unique_id);
      const isShown = ([name, value]: [string, unknown]) =>
        !(name in pending) && sameValue(entry.document[name], value);
      if (Object.entries(values).every(isShown)) return;
      const pause = Math.min(pauseAfter(look), deadline - clock.now());
      if (pause <= 0) break;
      await clock.sleep(pause, options.signal);
    }
    // Whatever the search has shown last, it is not to be undone by the next change.
    tell(client, [this.unique_id], values);
    client.identityMap.evict(Alert, this.unique_id);
    const state = Alert.stateOf(this);
    state.document = { ...state.document, ...values };
    const what = Object.entries(values).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    throw new TimeoutError(
      `The server accepted the change of Alert ${this.unique_id}, but its searches do not show ${what.join(" and ")} after ` +
        `${wait} ms. Nothing needs to be sent again; they may show it later`,
      { code: "NOT_SHOWN_YET", timeout: wait },
    );
  }
}
