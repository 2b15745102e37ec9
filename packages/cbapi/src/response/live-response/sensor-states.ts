import { ApiError, ClientError, ObjectNotFoundError } from "../../core/errors.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Seen } from "../../live-response/scheduler/index.js";
import type { EdrHost } from "../host.js";
import { Sensor } from "../models/sensor/sensor.js";

/** How many sensors are read one by one without asking what the list of all would cost. */
const FEW = 10;
/** How many sensors a page of the list holds. */
const PAGE = 100;
/** How many sensors are read at the same time. */
const AT_ONCE = 10;

/**
 * Tells which sensors are online and in which order they are served. Reads each sensor (`GET /api/v1/sensor/{id}`) or the
 * list of all (`GET /api/v2/sensor`, until all that are wanted were seen), whichever takes fewer requests: a thousand
 * sensors of a server with 1,200 cost 12.
 */
export class SensorStates {
  readonly #cb: EdrHost;
  /** How many sensors the server has, as far as is known. */
  #all: number | undefined;

  constructor(cb: EdrHost) {
    this.#cb = cb;
  }

  /** What is known of sensors now; those that the server does not have are left out. */
  async read(ids: readonly number[], options: CallOptions): Promise<ReadonlyMap<number, Seen>> {
    const states = new Map<number, Seen>();
    if (ids.length > FEW) {
      this.#all ??= await this.#cb.select(Sensor).count(options);
      if (this.#all / PAGE < ids.length) await this.#readList(new Set(ids), states, options);
    }
    // A row may be passed over when others come and go while the pages are read.
    await this.#readEach(
      ids.filter((id) => !states.has(id)),
      states,
      options,
    );
    return states;
  }

  async #readList(wanted: ReadonlySet<number>, states: Map<number, Seen>, options: CallOptions): Promise<void> {
    const rows = this.#cb.select(Sensor).iterate(options);
    for await (const sensor of rows) {
      if (wanted.has(sensor.id)) states.set(sensor.id, stateOf(sensor));
      if (states.size === wanted.size) break;
    }
    this.#all = rows.report().available ?? this.#all;
  }

  async #readEach(ids: readonly number[], states: Map<number, Seen>, options: CallOptions): Promise<void> {
    const left = ids.values();
    const read = async (): Promise<void> => {
      for (const id of left) {
        const state = await this.#readOne(id, options);
        if (state !== undefined) states.set(id, state);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, read));
  }

  async #readOne(id: number, options: CallOptions): Promise<Seen | undefined> {
    try {
      return stateOf(await this.#cb.select(Sensor, id, { ...options, refresh: true }));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      // A user may see the sensors of some groups only: the jobs on others go on.
      if (error instanceof ClientError && error.status === 403) return { online: false, rank: [], problem: error };
      throw error;
    }
  }
}

/** Why a sensor can have no session at all. */
export function unsupported(sensor: Sensor): ApiError | undefined {
  if (sensor.supports_cblr === true) return undefined;
  const { id, hostname = "unnamed", build_version_string: version = "unknown" } = sensor;
  return new ApiError(
    `Sensor does not support Cb Live Response: sensor ${id} (${hostname}) runs version ${version}. Update it.`,
    { code: "LIVE_RESPONSE_NOT_SUPPORTED" },
  );
}

/** Least queued data first, then whoever checks in next. */
function stateOf(sensor: Sensor): Seen {
  const queued = (Number(sensor.num_storefiles_bytes) || 0) + (Number(sensor.num_eventlog_bytes) || 0);
  const nextCheckIn = sensor.next_checkin_time?.getTime();
  const lastCheckIn = sensor.last_checkin_time?.getTime();
  const known = nextCheckIn !== undefined && lastCheckIn !== undefined;
  return {
    online: sensor.status === "Online",
    rank: [queued, nextCheckIn ?? Number.MAX_SAFE_INTEGER],
    nextCheckIn,
    // Both by the server's clock, whatever the time is here.
    checkInInterval: known ? Math.max(0, nextCheckIn - lastCheckIn) : undefined,
    // What is not known here comes to light when a session is opened.
    problem: sensor.supports_cblr === false ? unsupported(sensor) : undefined,
  };
}
