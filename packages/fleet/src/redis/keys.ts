/** The names of everything that a fleet keeps in Redis. */
export class Keys {
  readonly prefix: string;
  /** Everything about one server is below this. */
  readonly #server: string;

  /** @param server the name of the server, as `serverName()` gives it */
  constructor(prefix: string, server: string) {
    this.prefix = prefix;
    this.#server = `${prefix}:${server}`;
  }

  /** Of each run, which server it belongs to. */
  get index(): string {
    return `${this.prefix}:runs`;
  }

  /** Of all jobs that were ever offered for the server, what they are. */
  get jobs(): string {
    return `${this.#server}:jobs`;
  }

  /** Of each worker, what it says of itself. */
  get workers(): string {
    return `${this.#server}:workers`;
  }

  /** Runs that have not ended, by when they were submitted. */
  get active(): string {
    return `${this.#server}:active`;
  }

  /** All runs that are remembered, by when they were submitted. */
  get runs(): string {
    return `${this.#server}:all`;
  }

  /** Held by whoever tidies up at the moment. */
  turn(what: string): string {
    return `${this.#server}:turn:${what}`;
  }

  /** Leases by when they expire; what is known of each; which sensor has which; budget and others' sessions. */
  get slots(): readonly [expiry: string, facts: string, sensors: string, budget: string] {
    return [`${this.#server}:slots`, `${this.#server}:leases`, `${this.#server}:sensors`, `${this.#server}:budget`];
  }

  /** What there is of a run. */
  run(run: string): RunKeys {
    const base = `${this.#server}:run:${run}`;
    return {
      record: base,
      open: `${base}:open`,
      begun: `${base}:begun`,
      outcomes: `${base}:outcomes`,
      order: `${base}:order`,
      offline: `${base}:offline`,
      told: `${base}:told`,
      names: `${base}:names`,
    };
  }

  file(sha256: string): string {
    return `${this.#server}:file:${sha256}`;
  }
}

export interface RunKeys {
  /** Its description and its counts. */
  readonly record: string;
  /** Targets that were not begun. */
  readonly open: string;
  /** Of those that were and have no outcome: which attempt it is, and whose. */
  readonly begun: string;
  readonly outcomes: string;
  /** Targets in the order of their outcomes. */
  readonly order: string;
  /** Targets that were offline when they were looked at last. */
  readonly offline: string;
  /** What jobs that run have said last of how far they are. */
  readonly told: string;
  /** Computer names. */
  readonly names: string;
}

export const allOf = (keys: RunKeys): string[] => [
  ...[keys.record, keys.open, keys.begun, keys.outcomes],
  ...[keys.order, keys.offline, keys.told, keys.names],
];
