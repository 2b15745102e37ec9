import { Readable } from "node:stream";
import { Collector, LocalFiles, toArgument } from "./arguments.js";
import type { RecordedClock } from "./clock.js";
import { findCredentials } from "./credentials.js";
import { camelCase, methodName } from "./names.js";
import { callMethod, hasMember, isAwaitable, member } from "./objects.js";
import type { Places } from "./placeholders.js";
import { type Client, type ClientOptions, findProduct, type ModelClass, type Product } from "./products.js";
import { readFields } from "./reading.js";
import { renderExpression } from "./rendering.js";
import type { Document, Step } from "./vector.js";

/** What a step gave: a value, or nothing that is to be compared. */
export interface Given {
  readonly value?: unknown;
}

const NOTHING: Given = {};

/** Carries out the steps of one vector with the library. */
export class Session {
  readonly #product: Product | undefined;
  readonly #places: Places;
  readonly #clock: RecordedClock;
  readonly #options: Document;
  readonly #named = new Map<string, unknown>();
  /** Objects that the recorded client did not get. */
  readonly #lost = new Set<string>();
  readonly #files = new LocalFiles();
  #client: Client | undefined;

  constructor(product: string, options: Document, places: Places, clock: RecordedClock) {
    this.#product = findProduct(product);
    this.#options = options;
    this.#places = places;
    this.#clock = clock;
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#files.remove();
  }

  async run(step: Step): Promise<Given> {
    switch (step.do) {
      case "connect":
        return this.#connect(step);
      case "credentials":
        return { value: findCredentials(this.#need(findProduct(String(step.product)), "product"), step) };
      case "select":
        return this.#select(step);
      case "query":
        return this.#name(step, this.#chain(step, this.#api.select(this.#model(step))));
      case "refine":
        return this.#name(step, this.#chain(step, this.#target(step)));
      case "create":
        return this.#name(step, this.#api.create(this.#model(step), this.#argument(step.values) as object));
      case "set":
        return this.#set(step);
      case "read":
        if (this.#lost.has(step.on ?? "")) return NOTHING;
        return { value: await readFields(this.#target(step), step.fields ?? []) };
      case "call":
        return this.#call(step);
      case "render":
        return { value: renderExpression(this.#need(this.#product, "product"), step.expression ?? {}) };
      case "jobs":
        return this.#jobs(step);
      case "close":
        await callMethod(this.#target(step), "close", []);
        return NOTHING;
      default:
        return this.#read(step);
    }
  }

  /** The steps that carry out a query. */
  async #read(step: Step): Promise<Given> {
    const query = this.#target(step);
    switch (step.do) {
      case "count":
        return { value: await callMethod(query, "count", []) };
      case "list":
      case "ids":
      case "take":
        return { value: await this.#iterate(query, step) };
      case "slice": {
        const rows = (await callMethod(query, "slice", [step.start ?? 0, step.stop])) as readonly unknown[];
        return { value: await Promise.all(rows.map((row) => readRow(row, step))) };
      }
      case "first":
      case "one":
        return this.#row(step, callMethod(query, step.do, []));
      case "at":
        return this.#row(step, callMethod(query, "at", [step.index ?? 0]));
      default:
        throw new TypeError(`there is no step "${step.do}"`);
    }
  }

  async #connect(step: Step): Promise<Given> {
    const product = this.#need(this.#product, "product");
    const wanted = { ...this.#options, ...step.options };
    const options = clientOptions(wanted);
    const omitted = Object.keys(wanted).filter((name) => wanted[name] === "$omit");
    const connection = Object.entries(product.connection).filter(([name]) => !omitted.map(camelCase).includes(name));
    this.#client = product.open({
      url: this.#places.server,
      token: "TOKEN/CONN",
      sslVerify: false,
      ignoreSystemProxy: true,
      maxRetries: 0,
      clock: this.#clock,
      ...Object.fromEntries(connection),
      ...options,
    });
    await this.#client.connect();
    return step.fields === undefined ? NOTHING : { value: await readFields(this.#client, step.fields) };
  }

  async #select(step: Step): Promise<Given> {
    const options = step.kwargs === undefined ? undefined : clientOptions(step.kwargs);
    const selected = this.#api.select(this.#model(step), step.id, options);
    this.#name(step, selected);
    return step.fields === undefined ? NOTHING : { value: await readFields(selected, step.fields) };
  }

  /** What comes to light only when the object is asked for: a selected object that does not exist, for one. */
  async settle(step: Step): Promise<void> {
    if (step.do !== "select") return;
    const named = this.#named.get(step.as ?? "");
    const selected = isAwaitable(named) ? named : this.#api.select(this.#model(step), step.id);
    try {
      await (selected as PromiseLike<unknown>);
    } catch (error) {
      // The recorded client had no object then, of which the next steps could have read anything.
      if (step.as !== undefined) this.#lost.add(step.as);
      throw error;
    }
  }

  async #set(step: Step): Promise<Given> {
    const target = (await this.#target(step)) as Record<string, unknown>;
    for (const [field, value] of Object.entries(step.values ?? {})) target[field] = this.#argument(value);
    return NOTHING;
  }

  async #call(step: Step): Promise<Given> {
    const way = (step.method ?? "").split(".");
    const method = way.pop() ?? "";
    const target = way.reduce<unknown>(member, step.on === undefined ? this.#api : this.#target(step));
    const { name, take, read, reports, terms, args: renamed = (given) => [...given] } = methodName(method);
    const args = renamed((step.args ?? []).map((argument) => this.#argument(argument)));
    const collector = args.find((argument) => argument instanceof Collector);
    const readings: Promise<unknown>[] = [];
    const given = args.map((argument) =>
      argument instanceof Collector ? collect(argument, (reading) => readings.push(reading)) : argument,
    );
    if (step.kwargs !== undefined) {
      const named = this.#argument(step.kwargs) as Document;
      given.push(terms === true ? named : clientOptions(named));
    }
    const called = callMethod(target, name, given);
    let value = isAwaitable(called) ? await called : called;
    await Promise.all(readings);
    // The recorded client raised what a bulk operation reports.
    if (hasMember(value, "throwIfIncomplete")) callMethod(value, "throwIfIncomplete", []);
    if (step.as !== undefined) this.#named.set(step.as, value);
    if (step.discard === true || reports === true) value = undefined;
    const written = this.#files.takeWritten();
    if (written !== undefined) return { value: { returned: value, written } };
    if (step.as === undefined) value = await readAll(value);
    if (take !== undefined) value = member(value, take);
    if (read !== undefined) value = await read(value);
    if (step.fields !== undefined) value = await readFields(value, step.fields);
    return { value: collector instanceof Collector ? { returned: value, collected: collector.collected } : value };
  }

  /** One job for each sensor; the values in the order of the sensors. */
  async #jobs(step: Step): Promise<Given> {
    const { method = "", args = [] } = step.job ?? {};
    const given = args.map((argument) => this.#argument(argument));
    const job = (session: unknown) => callMethod(session, methodName(method).name, given);
    // The recorded clock jumps over every pause, so that no limit of time can be held to.
    const limits = { deadline: 0, jobTimeout: 0, openTimeout: 0 };
    const run = callMethod(member(this.#api, "liveResponse"), "run", [job, step.sensors ?? [], limits]);
    const values = new Map<unknown, unknown>();
    for await (const outcome of run as AsyncIterable<Document>) {
      if (outcome["state"] !== "done") throw outcome["error"];
      values.set(outcome["target"], outcome["value"]);
    }
    return { value: step.sensors?.map((sensor) => ({ sensor, value: values.get(sensor) })) };
  }

  async #iterate(query: unknown, step: Step): Promise<unknown[]> {
    const rows: unknown[] = [];
    if (step.do === "take" && step.n === 0) return rows;
    for await (const row of query as AsyncIterable<unknown>) {
      rows.push(
        step.do === "ids"
          ? (await readFields(row, [step.field ?? "id"]))[step.field ?? "id"]
          : await readRow(row, step),
      );
      if (step.do === "take" && rows.length === step.n) break;
    }
    return rows;
  }

  async #row(step: Step, found: unknown): Promise<Given> {
    const row = await (found as PromiseLike<unknown>);
    this.#name(step, row);
    return { value: row === undefined ? undefined : await readRow(row, step) };
  }

  #chain(step: Step, query: unknown): unknown {
    return (step.chain ?? []).reduce<unknown>(
      (narrowed, [method, ...args]) =>
        callMethod(
          narrowed,
          methodName(String(method)).name,
          args.map((argument) => this.#argument(argument)),
        ),
      query,
    );
  }

  #name(step: Step, value: unknown): Given {
    if (step.as !== undefined) this.#named.set(step.as, value);
    return NOTHING;
  }

  #target(step: Step): unknown {
    return this.#need(this.#named.get(step.on ?? ""), `result named ${step.on}`);
  }

  #argument(value: unknown): unknown {
    return toArgument(value, (name) => this.#named.get(name), this.#files);
  }

  #model(step: Step): ModelClass {
    return this.#need(this.#product?.models.get(step.model ?? ""), `model ${step.model}`);
  }

  get #api(): Client {
    return this.#need(this.#client, "client: the vector does not connect");
  }

  #need<T>(value: T | undefined, what: string): T {
    if (value === undefined) throw new TypeError(`there is no ${what}`);
    return value;
  }
}

/** What the recorded client returned as bytes or as a list may come as a stream or piece by piece. */
async function readAll(value: unknown): Promise<unknown> {
  const stepwise = value instanceof Readable || isGenerator(value);
  if (!stepwise) return value;
  const items: unknown[] = [];
  for await (const item of value) items.push(item);
  return value instanceof Readable ? Buffer.concat(items as Uint8Array[]) : items;
}

function isGenerator(value: unknown): value is AsyncGenerator<unknown> {
  return Object.prototype.toString.call(value) === "[object AsyncGenerator]";
}

/** A row as the step reads it: its fields, or the object itself. */
async function readRow(row: unknown, step: Step): Promise<unknown> {
  return step.fields === undefined ? row : readFields(row, step.fields);
}

/** A callback that reads fields of each object, and the depth if it is told one. */
function collect(
  collector: Collector,
  keep: (reading: Promise<unknown>) => void,
): (...args: unknown[]) => Promise<void> {
  return (object, depth) => {
    const place = collector.collected.push(undefined) - 1;
    const reading = readFields(object, collector.fields).then((fields) => {
      collector.collected[place] = typeof depth === "number" ? { depth, ...fields } : fields;
    });
    keep(reading);
    return reading;
  };
}

/** Recorded options by our names: limits of time in milliseconds, and those that are left out left out. */
function clientOptions(options: Document): ClientOptions {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== "$omit")
      .map(([name, value]) => [
        camelCase(name),
        name === "timeout" && typeof value === "number" ? value * 1000 : (value ?? undefined),
      ]),
  );
}
