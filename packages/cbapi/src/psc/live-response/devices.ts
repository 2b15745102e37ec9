import { ApiError, ClientError, ObjectNotFoundError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import type { ApiResponse, CallOptions } from "../../core/transport/types.js";
import type { Endpoint } from "../../live-response/dialect.js";
import type { Seen } from "../../live-response/scheduler/index.js";
import type { CloudHost } from "../host.js";
import { searchAnswer } from "../queries/search-answer.js";
import { type CloudRoutes, routeOf } from "../routes.js";
import { ENDPOINT_LIST, ENDPOINT_READ } from "./calls.js";

/** A device that was heard of within these milliseconds is taken to be there. */
const RECENT = 3_600_000;
/** How many devices a request of the current generation asks for by their ids. */
const BATCH = 500;
/** Of the classic generation: how many are read one by one without a look at the list, and rows of its pages. */
const FEW = 10;
const PAGE = 100;
/** How many requests are under way at the same time. */
const AT_ONCE = 10;
/** What is kept of devices that were seen: system and name, which hardly ever change. */
const KEPT = 50_000;

/** A device as either generation tells it. */
interface DeviceFacts extends Endpoint {
  /** Milliseconds since 1970. */
  readonly lastContact: number | undefined;
  readonly status: string | undefined;
}

/** What systems are by number, as Live Response has always counted them: only that of Windows makes a difference. */
const SYSTEMS: ReadonlyMap<string, number> = new Map([
  ["WINDOWS", 1],
  ["LINUX", 2],
  ["MAC", 4],
]);

/** Sensors of such devices will not come back. */
const GONE: ReadonlySet<string> = new Set(["DEREGISTERED", "UNINSTALLED", "DELETED", "SENSOR_UNINSTALLED"]);

/**
 * What Live Response has to know of devices: their system, and whether they are online. Asks for 500 devices at a time
 * (`POST .../devices/_search`), or, of the classic generation, for each of a few and for the list of many.
 */
export class CloudDevices {
  readonly #cb: CloudHost;
  readonly #known = new Map<number, Endpoint>();

  constructor(cb: CloudHost) {
    this.#cb = cb;
  }

  /** Takes what a device object knows of itself; undefined when that is too little. */
  learn(id: number, document: Document): Endpoint | undefined {
    const facts = factsIn(document, id);
    if (facts.osType === undefined && facts.hostname === undefined) return undefined;
    return this.#keep(facts);
  }

  /**
   * A device by its id, read unless it was seen before.
   * @throws ObjectNotFoundError when there is none
   * @throws ApiError when its sensor is gone
   */
  async find(id: number, options: CallOptions): Promise<Endpoint> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const { facts } = await this.#readOne(id, options);
    const problem = gone(facts);
    if (problem !== undefined) throw problem;
    return this.#keep(facts);
  }

  /** What is known of devices now; those that do not exist are left out. */
  async states(ids: readonly number[], options: CallOptions): Promise<ReadonlyMap<number, Seen>> {
    const states = new Map<number, Seen>();
    const see = (facts: DeviceFacts, now: number): void => {
      const state = seen(facts, now);
      // Classic clients have always tried every device: what its times say cannot be relied on there.
      states.set(facts.id, this.#cb.routes === "classic" ? { ...state, online: true } : state);
      this.#keep(facts);
    };
    if (this.#cb.routes === "current") await this.#search(ids, see, options);
    else {
      if (ids.length > FEW) await this.#readList(new Set(ids), see, options);
      const left = ids.filter((id) => !states.has(id));
      await inTurns(left, (id) => this.#readState(id, states, see, options));
    }
    return states;
  }

  /** The current generation tells of many devices at once. */
  async #search(ids: readonly number[], see: See, options: CallOptions): Promise<void> {
    const batches = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, batch) =>
      ids.slice(batch * BATCH, (batch + 1) * BATCH),
    );
    const { method, path } = routeOf(ENDPOINT_LIST, "current");
    await inTurns(batches, async (id) => {
      const json = { criteria: { id }, exclusions: {}, query: "", rows: id.length };
      const answer = await this.#cb.apiJsonRequest(method, path, { ...options, json, idempotent: true });
      const now = timeOf(answer, this.#cb);
      for (const document of searchAnswer(await answer.json(), ENDPOINT_LIST.call).documents) {
        const facts = factsIn(document);
        if (Number.isSafeInteger(facts.id)) see(facts, now);
      }
    });
  }

  /** Reads pages of the classic list as long as that is cheaper than reading the devices that are left, one by one. */
  async #readList(wanted: Set<number>, see: See, options: CallOptions): Promise<void> {
    const { method, path } = routeOf(ENDPOINT_LIST, "classic");
    for (let read = 0; ; ) {
      const query = { rows: PAGE, ...(read > 0 ? { start: read + 1 } : {}) };
      const answer = await this.#cb.apiJsonRequest(method, path, { ...options, query });
      const now = timeOf(answer, this.#cb);
      const page = (await answer.json()) as { results?: unknown; totalResults?: unknown };
      const rows = Array.isArray(page.results) ? (page.results as Document[]) : [];
      for (const row of rows) {
        const facts = factsIn(row);
        if (wanted.delete(facts.id)) see(facts, now);
      }
      read += rows.length;
      const left = Number(page.totalResults ?? 0) - read;
      if (rows.length === 0 || left <= 0 || left / rows.length > wanted.size) return;
    }
  }

  async #readState(id: number, states: Map<number, Seen>, see: See, options: CallOptions): Promise<void> {
    try {
      const { facts, now } = await this.#readOne(id, options);
      see(facts, now);
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return;
      // A key may see some devices only: the jobs on others go on.
      if (!(error instanceof ClientError) || error.status !== 403) throw error;
      states.set(id, { online: false, rank: [], problem: error });
    }
  }

  async #readOne(id: number, options: CallOptions): Promise<{ facts: DeviceFacts; now: number }> {
    const { method, path } = routeOf(ENDPOINT_READ, this.#cb.routes, { device: id });
    const answer = await this.#cb.apiJsonRequest(method, path, options);
    return { facts: factsIn(inner(await answer.json(), this.#cb.routes), id), now: timeOf(answer, this.#cb) };
  }

  #keep({ id, osType, hostname }: DeviceFacts): Endpoint {
    const endpoint = { id, osType, hostname };
    if (!this.#known.has(id) && this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(id, endpoint);
    return endpoint;
  }
}

type See = (facts: DeviceFacts, now: number) => void;

/** The device in an answer: the classic one wraps it. */
function inner(answer: unknown, routes: CloudRoutes): Document {
  const document = (answer ?? {}) as Document;
  return routes === "classic" ? ((document["deviceInfo"] ?? {}) as Document) : document;
}

/** Fields of either generation. */
function factsIn(document: Document, id?: number): DeviceFacts {
  const system = document["os"] ?? document["deviceType"];
  const name = document["name"];
  const status = document["status"];
  return {
    id: id ?? Number(document["id"] ?? document["deviceId"]),
    osType: typeof system === "string" ? SYSTEMS.get(system.toUpperCase()) : undefined,
    hostname: typeof name === "string" ? name : undefined,
    lastContact: millisecondsOf(document["last_contact_time"] ?? document["lastContact"]),
    status: typeof status === "string" ? status.toUpperCase() : undefined,
  };
}

function millisecondsOf(time: unknown): number | undefined {
  const milliseconds = typeof time === "string" ? Date.parse(time) : time;
  return typeof milliseconds === "number" && Number.isFinite(milliseconds) ? milliseconds : undefined;
}

/** The server's own time where it tells it: clocks differ, and contacts are told by the server's. */
function timeOf({ headers }: ApiResponse, { clock }: CloudHost): number {
  return millisecondsOf(headers["date"]) ?? clock.now();
}

/** Whoever was heard of last is the likeliest to be there still. */
function seen(facts: DeviceFacts, now: number): Seen {
  const { lastContact } = facts;
  const silence = lastContact === undefined ? Number.POSITIVE_INFINITY : Math.max(0, now - lastContact);
  return { online: silence <= RECENT, rank: [silence], problem: gone(facts) };
}

function gone({ id, hostname = "unnamed", status }: DeviceFacts): ApiError | undefined {
  if (status === undefined || !GONE.has(status)) return undefined;
  return new ApiError(
    `Device ${id} (${hostname}) has no sensor any more: its status is ${status}. Install the sensor again to work on it.`,
    { code: "LIVE_RESPONSE_NOT_SUPPORTED" },
  );
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const next = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, next));
}
