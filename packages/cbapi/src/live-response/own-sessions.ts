import type { SessionId } from "./types.js";

/**
 * The sessions that a client has on its server, from the moment that it knows their numbers, and those that it is asking
 * for. A session that is not among them is somebody else's, or one whose answer was lost.
 */
export class OwnSessions {
  readonly #ids = new Set<string>();
  /** By endpoint. */
  readonly #asking = new Map<number, Set<Promise<unknown>>>();
  /** How many answers were lost and are being looked for, by endpoint. */
  readonly #lost = new Map<number, number>();

  has(id: SessionId): boolean {
    return this.#ids.has(String(id));
  }

  add(id: SessionId): void {
    this.#ids.add(String(id));
  }

  delete(id: SessionId): void {
    this.#ids.delete(String(id));
  }

  /** Remembers that a session is being asked for, until there is an answer or none will come. */
  async asked<T extends { readonly id: SessionId }>(endpoint: number, answer: Promise<T>): Promise<T> {
    const known = answer.then((session) => {
      this.add(session.id);
      return session;
    });
    const all = this.#asking.get(endpoint) ?? new Set();
    this.#asking.set(endpoint, all.add(known));
    try {
      return await known;
    } finally {
      all.delete(known);
      if (all.size === 0 && this.#asking.get(endpoint) === all) this.#asking.delete(endpoint);
    }
  }

  /** Resolves when no session with an endpoint is being asked for: the numbers of all whose answers came are known. */
  async settled(endpoint: number): Promise<void> {
    for (let all = this.#asking.get(endpoint); all !== undefined; all = this.#asking.get(endpoint)) {
      await Promise.allSettled(all);
    }
  }

  /**
   * Looks for a session whose answer was lost.
   * @param look given how many of the sessions with this endpoint that nobody knows can be our own
   */
  async lookFor<T>(endpoint: number, look: (lost: () => number) => Promise<T>): Promise<T> {
    const lost = (): number => this.#lost.get(endpoint) ?? 0;
    this.#lost.set(endpoint, lost() + 1);
    try {
      return await look(lost);
    } finally {
      if (lost() > 1) this.#lost.set(endpoint, lost() - 1);
      else this.#lost.delete(endpoint);
    }
  }
}
