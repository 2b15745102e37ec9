/** One answered, or deliberately unanswered, request. */
export interface LoggedRequest {
  /** Counts up from 1 and is never used twice, so that a reader can ask what is new. */
  id: number;
  /** Real time at which the request arrived, ISO 8601. */
  time: string;
  method: string;
  /** Path with the query string as it was sent, cut when very long. */
  path: string;
  /** 0 when nothing was answered: connection reset, client gone. */
  status: number;
  /** From the arrival to the moment the answer was ready, in milliseconds. */
  duration: number;
  product?: string;
  /** The pattern of the route: `/api/v1/sensor/:id`. */
  route?: string;
  username?: string;
  fault?: string;
}

/** How often a route was asked. */
export interface RouteCount {
  method: string;
  route: string;
  count: number;
  /** Answers with status 400 or above, and requests without an answer. */
  refused: number;
  /** The durations of all of them, added up, in milliseconds. */
  duration: number;
}

/** A path that was asked for and that no product has. */
export interface MissingRoute {
  method: string;
  path: string;
  count: number;
}

/** Something that went wrong inside the sandbox while it answered. */
export interface Failure {
  time: string;
  /** What was being done: a request, a tick. */
  during: string;
  /** Message and stack. */
  error: string;
}

const MAX_PATH = 4096;
const MAX_MISSING = 500;
const MAX_FAILURES = 100;

/** The latest requests and what they add up to. Bounded in every direction: a sandbox may run for weeks. */
export class RequestLog {
  readonly #capacity: number;
  readonly #redact: (text: string) => string;
  /** A ring: the entry with id `n` stands at `(n - 1) % capacity`. */
  #ring: LoggedRequest[] = [];
  #lastId = 0;
  #kept = 0;
  readonly #routes = new Map<string, RouteCount>();
  readonly #missing = new Map<string, MissingRoute>();
  #failures: Failure[] = [];

  /** `redact` takes secrets out of what is kept. */
  constructor(capacity = 1000, redact: (text: string) => string = (text) => text) {
    this.#capacity = capacity;
    this.#redact = redact;
  }

  /** Notes a request that was answered. */
  add(entry: Omit<LoggedRequest, "id">): void {
    const id = ++this.#lastId;
    this.#ring[(id - 1) % this.#capacity] = { id, ...entry, path: this.#shorten(entry.path) };
    this.#kept = Math.min(this.#kept + 1, this.#capacity);
    if (entry.route === undefined) return;
    const key = `${entry.method} ${entry.route}`;
    const counted = this.#routes.get(key) ?? {
      method: entry.method,
      route: entry.route,
      count: 0,
      refused: 0,
      duration: 0,
    };
    counted.count++;
    if (entry.status === 0 || entry.status >= 400) counted.refused++;
    counted.duration += entry.duration;
    this.#routes.set(key, counted);
  }

  /** Counts a request for which there is no route. */
  addMissing(method: string, path: string): void {
    const clean = this.#shorten(path);
    const full = this.#missing.size >= MAX_MISSING && !this.#missing.has(`${method} ${clean}`);
    const shown = full ? "(other paths)" : clean;
    const counted = this.#missing.get(`${method} ${shown}`) ?? { method, path: shown, count: 0 };
    counted.count++;
    this.#missing.set(`${method} ${shown}`, counted);
  }

  /** Notes an error of the sandbox itself. */
  addFailure(during: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
    this.#failures.push({
      time: new Date().toISOString(),
      during: this.#shorten(during),
      error: this.#redact(text),
    });
    if (this.#failures.length > MAX_FAILURES) this.#failures.shift();
  }

  /** Requests since the start, also those no longer kept. */
  get total(): number {
    return this.#lastId;
  }

  /** The requests that are still kept, oldest first; those after `id` when given. */
  entries(after = 0): LoggedRequest[] {
    const first = Math.max(after, this.#lastId - this.#kept) + 1;
    const list: LoggedRequest[] = [];
    for (let id = first; id <= this.#lastId; id++) {
      const entry = this.#ring[(id - 1) % this.#capacity];
      if (entry !== undefined) list.push(entry);
    }
    return list;
  }

  /** How often each route was asked, the busiest first. */
  routes(): RouteCount[] {
    return [...this.#routes.values()].sort((a, b) => b.count - a.count);
  }

  /** What was asked for and is not there, the most wanted first. */
  missing(): MissingRoute[] {
    return [...this.#missing.values()].sort((a, b) => b.count - a.count);
  }

  /** Errors inside the sandbox; empty when all is well. */
  failures(): Failure[] {
    return [...this.#failures];
  }

  /** Forgets everything but the last id. */
  clear(): void {
    this.#ring = [];
    this.#kept = 0;
    this.#routes.clear();
    this.#missing.clear();
    this.#failures = [];
  }

  #shorten(path: string): string {
    const clean = this.#redact(path);
    return clean.length > MAX_PATH ? `${clean.slice(0, MAX_PATH)}...` : clean;
  }
}
