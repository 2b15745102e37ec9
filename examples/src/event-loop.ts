// What examples that wait for events of EDR have in common: where the events come from, jobs on endpoints, and the end.
import { once } from "node:events";
import { type AnyEvent, followEvents, matchesTopic } from "cbapi/events";
import type { CbResponseAPI, EventJoins, Job, SubmittedJob } from "cbapi/response";
import type { ExampleOption } from "./arguments.js";

/** The options of all of them. */
export const EVENT_OPTIONS = {
  file: { type: "string", value: "FILE", about: "follow this file of an event forwarder, in place of the message bus" },
  "from-start": { type: "boolean", about: "with --file: begin with what is in the file already" },
  position: { type: "string", value: "FILE", about: "with --file: keep here how far it was handled, and go on there" },
  exchange: { type: "string", value: "NAME", default: "api.events", about: "the exchange that has the events" },
  queue: { type: "string", value: "NAME", about: "a queue that keeps events while nobody listens" },
} as const satisfies Readonly<Record<string, ExampleOption>>;

/** What an example has, as far as it is needed here. */
export interface Surroundings {
  readonly cb: CbResponseAPI;
  readonly values: {
    readonly file: string | undefined;
    readonly "from-start": boolean;
    readonly position: string | undefined;
    readonly exchange: string;
    readonly queue: string | undefined;
  };
  readonly signal: AbortSignal;
  print(line: string): void;
  note(line: string): void;
}

/** As many different errors are kept for the end. */
const MOST_ERRORS = 100;

/** Waits for events, and does what follows from them, until Ctrl-C. */
export class EventLoop {
  readonly #here: Surroundings;
  readonly #errors = new Map<string, number>();
  readonly #jobs = new Map<string, SubmittedJob<unknown>>();
  readonly #work = new Set<Promise<void>>();
  #cancelled = 0;

  constructor(here: Surroundings) {
    this.#here = here;
  }

  /**
   * Hands over the events that match a pattern, one after the other. One whose handling fails is tried again where it came
   * over the bus, and is an error otherwise; the others come all the same. Ends with the signal, and says what went wrong.
   */
  async run<E extends AnyEvent>(
    pattern: string,
    what: string,
    take: (event: E & EventJoins) => Promise<void> | void,
  ): Promise<void> {
    const { signal, print, values } = this.#here;
    const handler = take as (event: AnyEvent & EventJoins) => Promise<void> | void;
    try {
      if (values.file === undefined) await this.#fromBus(pattern, what, handler);
      else await this.#fromFile(values.file, pattern, what, handler);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await Promise.all(this.#work);
    print("Exiting event loop");
    if (this.#cancelled > 0) print(`${this.#cancelled} jobs were not done any more`);
    if (this.#errors.size === 0) return;
    process.exitCode = 1;
    print("Encountered the following errors:");
    for (const [message, times] of this.#errors) print(`  ${message}${times > 1 ? ` (${times} times)` : ""}`);
  }

  /**
   * Has a job done on a sensor and goes on meanwhile. One of the same name that has not begun there yet will do for both:
   * it finds what is there then.
   */
  submit<T>(name: string, job: Job<T>, sensor: number, done: (value: T) => void): void {
    const { cb, signal } = this.#here;
    const key = `${sensor} ${name}`;
    if (this.#jobs.get(key)?.state === "waiting") return;
    const submitted = cb.liveResponse.submitJob(job, sensor, { signal });
    this.#jobs.set(key, submitted);
    const finish = async (): Promise<void> => {
      const { state, value, error } = await submitted.outcome;
      if (this.#jobs.get(key) === submitted) this.#jobs.delete(key);
      if (state === "done") done(value as T);
      else if (state === "cancelled") this.#cancelled++;
      else throw new Error(`${name} on sensor ${sensor}: ${error?.message ?? state}`);
    };
    this.watch(finish());
  }

  /** Keeps an eye on work that goes on beside the events. */
  watch(work: Promise<void>): void {
    const watched = work
      .catch((error: unknown) => {
        if (!this.#here.signal.aborted) this.fail(error);
      })
      .finally(() => this.#work.delete(watched));
    this.#work.add(watched);
  }

  /** Says what went wrong, now and at the end. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#here.note(message);
    const times = this.#errors.get(message);
    if (times !== undefined || this.#errors.size < MOST_ERRORS) this.#errors.set(message, (times ?? 0) + 1);
  }

  async #fromBus(
    pattern: string,
    what: string,
    take: (event: AnyEvent & EventJoins) => Promise<void> | void,
  ): Promise<void> {
    const { cb, values, signal, note, print } = this.#here;
    const { exchange, queue } = values;
    await using events = cb.eventConsumer({
      ...{ exchange, queue },
      onProblem: (error) => note(error instanceof Error ? error.message : String(error)),
      onDeadLetter: ({ error, key }) => this.fail(`${key}: ${error instanceof Error ? error.message : String(error)}`),
    });
    events.on(pattern, take);
    await events.start({ signal });
    print(`Listening on the event bus for ${what}`);
    if (!signal.aborted) await once(signal, "abort");
  }

  async #fromFile(
    file: string,
    pattern: string,
    what: string,
    take: (event: AnyEvent & EventJoins) => Promise<void> | void,
  ): Promise<void> {
    const { cb, values, signal, print } = this.#here;
    const events = followEvents(file, {
      ...{ signal, positionFile: values.position, from: values["from-start"] ? "start" : "new" },
      onMalformed: ({ error }) => this.fail(error),
    });
    print(`Listening on ${file} for ${what}`);
    for await (const event of events) {
      if (!matchesTopic(pattern, event.type) && !matchesTopic(pattern, event.key)) continue;
      try {
        await take(cb.joinEvent(event));
      } catch (error) {
        signal.throwIfAborted();
        this.fail(`${event.key}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
