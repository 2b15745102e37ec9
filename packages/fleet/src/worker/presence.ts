import type { FleetServer, Presence } from "../servers/server.js";

/** Milliseconds for which questions are gathered. */
const GATHER = 25;
/** Milliseconds that a look may take. */
const REQUEST = 120_000;

interface Question {
  resolve(presence: Presence): void;
  reject(error: unknown): void;
}

/** Looks how endpoints are, many in one request. */
export class Presences {
  readonly #server: FleetServer;
  #waiting = new Map<number, Question[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(server: FleetServer) {
    this.#server = server;
  }

  /** @throws what went wrong with the server */
  look(target: number): Promise<Presence> {
    return new Promise((resolve, reject) => {
      const questions = this.#waiting.get(target) ?? [];
      this.#waiting.set(target, [...questions, { resolve, reject }]);
      this.#timer ??= setTimeout(() => void this.#ask(), GATHER);
    });
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    try {
      const found = await this.#server.look([...waiting.keys()], { timeout: REQUEST });
      for (const [target, questions] of waiting) {
        for (const { resolve } of questions) resolve(found.get(target) ?? "absent");
      }
    } catch (error) {
      for (const questions of waiting.values()) for (const { reject } of questions) reject(error);
    }
  }
}
