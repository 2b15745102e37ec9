import type { SensorRecord } from "../domain/index.js";
import { findSensor, findSensorByName } from "../store/endpoints.js";
import type { Store } from "../store/store.js";
import { Software } from "./disk/software.js";
import { SpillFolder } from "./disk/spill.js";
import { Endpoint, type Shared } from "./endpoint.js";
import type { EndpointMachine } from "./machine.js";
import type { EndpointOptions, ExtraFile } from "./options.js";
import type { ProgramHost } from "./programs/host.js";
import { RecordedValues } from "./registry/recorded.js";

/** So many endpoints that nobody changed are kept; others are made again when they are asked for. */
const MOST_UNCHANGED = 64;

/**
 * The endpoints of an organisation from within. One that nobody looked at costs nothing, one that was only read is
 * forgotten after a while, and one on which something was changed stays as it was left until {@link reset}.
 */
export class Machines {
  readonly #store: Store;
  readonly #options: EndpointOptions;
  readonly #changed = new Map<number, Endpoint>();
  readonly #read = new Map<number, Endpoint>();
  /** Those that were forgotten and that somebody still works on. */
  readonly #elsewhere = new Map<number, WeakRef<Endpoint>>();
  #shared: Shared;

  constructor(store: Store, options: EndpointOptions = {}) {
    this.#store = store;
    this.#options = options;
    for (const extra of options.extraFiles ?? []) checkExtra(extra);
    this.#shared = this.#makeShared();
  }

  /** The endpoint of a sensor; undefined when there is no such sensor. */
  get(sensorId: number): EndpointMachine | undefined {
    return this.#endpoint(sensorId);
  }

  /** The same endpoint as the programs on it see it, for whoever asks the system itself. */
  host(sensorId: number): ProgramHost | undefined {
    return this.#endpoint(sensorId);
  }

  #sensor(id: number): SensorRecord | undefined {
    return Number.isSafeInteger(id) ? findSensor(this.#store, id) : undefined;
  }

  #endpoint(sensorId: number): Endpoint | undefined {
    const known = this.#changed.get(sensorId) ?? this.#read.get(sensorId) ?? this.#elsewhere.get(sensorId)?.deref();
    if (known !== undefined) {
      this.#keep(sensorId, known);
      return known;
    }
    const sensor = this.#sensor(sensorId);
    if (sensor === undefined) return undefined;
    const endpoint = new Endpoint(sensor, this.#shared);
    this.#keep(sensorId, endpoint);
    return endpoint;
  }

  /**
   * Puts a file on an endpoint, until {@link reset}. Throws a RangeError when there is no such endpoint, or when there can be
   * no such file on it.
   */
  addFile(extra: ExtraFile): void {
    checkExtra(extra);
    const { sensor: wanted, path } = extra;
    const sensor = typeof wanted === "number" ? this.#sensor(wanted) : findSensorByName(this.#store, wanted);
    const endpoint = sensor === undefined ? undefined : this.#endpoint(sensor.id);
    if (sensor === undefined || endpoint === undefined) throw new RangeError(`There is no sensor ${wanted}`);
    endpoint.addFile(extra);
    // An endpoint that is forgotten and made again gets it again; only what was added last counts.
    const key = (each: string): string => (sensor.os_type === "linux" ? each : each.toLowerCase());
    const others = this.#shared.extraFiles.filter(
      (each) => !(each.sensor === sensor.id && key(each.path) === key(path)),
    );
    this.#shared.extraFiles.splice(0, Number.POSITIVE_INFINITY, ...others, { ...extra, sensor: sensor.id });
  }

  /** The ids of the sensors whose endpoints are no longer as they were made. */
  get changed(): number[] {
    return [...this.#changed.keys()].sort((a, b) => a - b);
  }

  /** Forgets everything that was done on the endpoints: they are as they were at the start again. */
  reset(): void {
    const endpoints = new Set([...this.#changed.values(), ...this.#read.values()]);
    for (const reference of this.#elsewhere.values()) {
      const endpoint = reference.deref();
      if (endpoint !== undefined) endpoints.add(endpoint);
    }
    for (const endpoint of endpoints) endpoint.dispose();
    for (const map of [this.#changed, this.#read, this.#elsewhere]) map.clear();
    this.#shared.spill.dispose();
    this.#shared = this.#makeShared();
  }

  /** {@link reset}, for good. */
  dispose(): void {
    this.reset();
  }

  #makeShared(): Shared {
    return {
      ...{ store: this.#store, software: new Software(this.#store), recorded: new RecordedValues(this.#store) },
      ...{ spill: new SpillFolder(this.#options.spillParent), options: this.#options },
      extraFiles: [...(this.#options.extraFiles ?? [])],
      onChange: (endpoint) => {
        if (endpoint !== this.#current(endpoint.sensor.id)) return;
        this.#read.delete(endpoint.sensor.id);
        this.#changed.set(endpoint.sensor.id, endpoint);
      },
    };
  }

  #current(id: number): Endpoint | undefined {
    return this.#changed.get(id) ?? this.#read.get(id) ?? this.#elsewhere.get(id)?.deref();
  }

  #keep(id: number, endpoint: Endpoint): void {
    if (this.#changed.has(id)) return;
    // The one that was asked for last stands at the end.
    this.#read.delete(id);
    this.#read.set(id, endpoint);
    this.#elsewhere.delete(id);
    if (this.#read.size <= MOST_UNCHANGED) return;
    // Where something runs, it goes on.
    const oldest = [...this.#read].find(([, each]) => each !== endpoint && each.table.started === 0);
    if (oldest === undefined) return;
    this.#read.delete(oldest[0]);
    this.#elsewhere.set(oldest[0], new WeakRef(oldest[1]));
  }
}

function checkExtra({ path, size, content }: ExtraFile): void {
  if (typeof path !== "string") throw new RangeError("The path of a file must be a text");
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0)) {
    throw new RangeError(`The size of ${path} must be a whole number of bytes, not ${size}`);
  }
  if ((size === undefined) === (content === undefined)) throw new RangeError(`${path} needs a content or a size`);
}
