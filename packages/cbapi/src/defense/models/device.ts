import { ApiError, InvalidObjectError, ServerError } from "../../core/errors.js";
import type { Fetched, Key } from "../../core/model/document.js";
import type { ModelHost } from "../../core/model/host.js";
import type { WriteRequest } from "../../core/model/write-plan.js";
import { nearestNames } from "../../core/query/nearest.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { LiveResponseSession } from "../../live-response/session.js";
import type { SessionOptions } from "../../live-response/types.js";
import { cloud } from "../../psc/host.js";
import { searchAnswer } from "../../psc/queries/search-answer.js";
import { routeOf } from "../../psc/routes.js";
import { ask } from "../../psc/send.js";
import { objectUnder } from "../answers.js";
import { DEVICE_GET, DEVICE_MOVE, DEVICES_FIND, POLICIES_LIST } from "../calls.js";
import { DefenseQuery } from "../queries/defense-query.js";
import { DEVICE_FILTERS, type DeviceFilters } from "../queries/filters.js";
import { DeviceFields } from "./device-fields.js";
import { defenseDevice, platformQuery } from "./platform-device.js";

/** Rows that one search of the platform reaches. */
const REACH = 10_000;

/**
 * A device with a sensor, as Defense knows it: `GET /integrationServices/v3/device/{id}`.
 *
 * That route is switched off. By `routes: "current"` the platform's device is read, and shown by the names of Defense; what
 * only Defense has told (`deviceGuid`, `testId`, `messages`, `rootedBySensor` and their like) reads as `undefined`.
 * @example
 * const device = await cb.select(Device).where("hostNameExact:PC-0001").one();
 * device.policyName = "Standard";
 * await device.save();
 */
export class Device extends DeviceFields {
  /** What assigning the name of a policy means to the platform. */
  #policyId: number | undefined;

  /** @internal A list of devices, which has not been asked for. */
  static query(client: ModelHost): DeviceQuery {
    return new DeviceQuery(client, Device, {});
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const host = cloud(client);
    const answer = await ask(host, DEVICE_GET, { values: { id: key } }, options);
    if (host.routes === "classic") return { document: objectUnder(answer, "deviceInfo", DEVICE_GET.call) };
    if (typeof answer === "object" && answer !== null) return { document: defenseDevice({ ...answer }) };
    throw new ServerError(`${DEVICE_GET.call}: the answer is no device`, { code: "UNEXPECTED_ANSWER" });
  }

  /**
   * Opens a Live Response session with it, as `cb.liveResponse.openSession()` does. Close it, or let `await using` do so.
   * @throws TimeoutError when no slot came free or the device did not check in within `timeout`
   * @example await using session = await device.lrSession();
   */
  lrSession(options: SessionOptions = {}): Promise<LiveResponseSession> {
    return cloud(Device.stateOf(this).client).liveResponse.openSession(this, options);
  }

  protected override async prepare(options: CallOptions): Promise<void> {
    await super.prepare(options);
    this.#policyId = undefined;
    const { client, changes } = Device.stateOf(this);
    const name: unknown = changes?.get("policyName");
    if (cloud(client).routes === "classic" || name === undefined) return;
    const policies = listOf(await ask(cloud(client), POLICIES_LIST, {}, options));
    const named = policies.find((policy) => policy.name === name);
    if (named === undefined) {
      const near = nearestNames(
        String(name),
        policies.map((policy) => policy.name),
      );
      const hint = near[0] === undefined ? "" : `. Did you mean ${JSON.stringify(near[0])}?`;
      throw new InvalidObjectError(`Device.policyName: there is no policy named ${JSON.stringify(name)}${hint}`);
    }
    this.#policyId = named.id;
  }

  protected override check(): void {
    const { changes } = Device.stateOf(this);
    if (changes?.has("policyId") && changes.has("policyName")) {
      throw new InvalidObjectError("A device is given a policy by policyId or by policyName, not by both");
    }
    for (const name of ["policyId", "policyName"]) {
      if (changes?.get(name) === null) throw new InvalidObjectError(`Device.${name} cannot be cleared: name a policy`);
    }
  }

  protected override updateRequest(): WriteRequest {
    const { client, key = "", changes } = Device.stateOf(this);
    const { routes } = cloud(client);
    if (routes === "classic") {
      const { path } = routeOf(DEVICE_MOVE, routes, { id: key });
      return { method: "PATCH", path, body: this.updateBody() };
    }
    const { path } = routeOf(DEVICE_MOVE, routes);
    const policy = this.#policyId ?? changes?.get("policyId");
    const body = { action_type: "UPDATE_POLICY", device_id: [key], options: { policy_id: policy } };
    return { method: "POST", path, body };
  }

  protected override answeredFields(answer: unknown): Record<string, unknown> {
    const info: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "deviceInfo") : undefined;
    return super.answeredFields(info);
  }
}

/** A list of devices of Defense. */
export class DeviceQuery extends DefenseQuery<Device, DeviceFilters> {
  protected readonly call = DEVICES_FIND;
  protected readonly known = DEVICE_FILTERS;
  protected override readonly maxOffset = this.host.routes === "classic" ? Number.POSITIVE_INFINITY : REACH;

  protected override async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const { host, filters } = this;
    if (host.routes === "classic") return super.fetchPage(window, options);
    const { start, rows } = window;
    const query = platformQuery(filters);
    const json = {
      ...(query === undefined ? {} : { query }),
      rows: Math.max(1, rows),
      ...(start > 0 ? { start: start + 1 } : {}),
      // Every page of one order: the rows of one cannot move into another.
      sort: [{ field: "id", order: "ASC" }],
    };
    const { documents, total } = searchAnswer(await ask(host, this.call, { json }, options), this.call.call);
    const notes = query === undefined ? [] : [`the filters were asked for in the platform's words: ${query}`];
    return { documents: documents.map(defenseDevice), total, notes };
  }

  protected override get totalOrder(): boolean {
    return this.host.routes === "current";
  }

  protected override get beyondCap(): string {
    return "narrow the list by filters, or use the platform's devices, cbapi/psc, which are read on behind it";
  }
}

function listOf(answer: unknown): { readonly id: number; readonly name: string }[] {
  const { policies } = (answer ?? {}) as { readonly policies?: unknown };
  if (Array.isArray(policies)) return policies as { id: number; name: string }[];
  throw new ApiError(`${POLICIES_LIST.call}: the answer holds no policies`, { code: "UNEXPECTED_ANSWER" });
}
