import type { SessionId } from "./types.js";

/**
 * The sessions that a client has on its server, from the moment that it knows their numbers, and those that it is asking
 * for. A session that is not among them is somebody else's, or one whose answer was lost.
 */
export class OwnSessions {
  readonly #ids = new Set<string>();
  readonly #asking = new Pending();
  readonly #opening = new Pending();
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
  asked<T extends { readonly id: SessionId }>(endpoint: number, answer: Promise<T>): Promise<T> {
    const known = answer.then((session) => {
      this.add(session.id);
      return session;
    });
    return this.#asking.hold(endpoint, known);
  }

  /** Resolves when no session with an endpoint is being asked for: the numbers of all whose answers came are known. */
  answered(endpoint: number): Promise<void> {
    return this.#asking.settled(endpoint);
  }

  /** Remembers that a session is being opened: asked for, and looked for where its answer is lost. */
  opening<T>(endpoint: number, session: Promise<T>): Promise<T> {
    return this.#opening.hold(endpoint, session);
  }

  /** Resolves when no session with an endpoint is being opened: whichever is not known now is none of ours. */
  known(endpoint: number): Promise<void> {
    return this.#opening.settled(endpoint);
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

/** What is under way, by the endpoint that it is about. */
class Pending {
  readonly #all = new Map<number, Set<Promise<unknown>>>();

  /** Holds work for as long as it is under way. */
  async hold<T>(endpoint: number, work: Promise<T>): Promise<T> {
    const all = this.#all.get(endpoint) ?? new Set();
    this.#all.set(endpoint, all.add(work));
    try {
      return await work;
    } finally {
      all.delete(work);
      if (all.size === 0 && this.#all.get(endpoint) === all) this.#all.delete(endpoint);
    }
  }

  async settled(endpoint: number): Promise<void> {
    for (let all = this.#all.get(endpoint); all !== undefined; all = this.#all.get(endpoint)) {
      await Promise.allSettled(all);
    }
  }
}
