import type { AnalysisResultCode } from "./types.js";

/** What is remembered of an analysis as long as it is pending. */
export interface Known {
  readonly id: number;
  /** `running`: somebody works on it; `waiting`: until `due`; `told`: the server knows how it ended. */
  state: "running" | "waiting" | "told";
  /** When it may be taken up again, in milliseconds since 1970. */
  due: number;
  /** Not before its file is there. */
  forUpload: boolean;
  /** How often it failed. */
  failures: number;
  /** How often its file could not be downloaded because the server was out of order. */
  brokenDownloads: number;
  deferrals: number;
  /** The result that the server accepted, and when. Set once more when it was told in the other way. */
  result: { readonly code: AnalysisResultCode; readonly at: number } | undefined;
}

/** What is remembered of the analyses that are pending; of no others. */
export class KnownAnalyses {
  readonly #byId = new Map<number, Known>();

  get size(): number {
    return this.#byId.size;
  }

  of(id: number): Known | undefined {
    return this.#byId.get(id);
  }

  /** Notes that somebody works on an analysis from now on. */
  begin(id: number): Known {
    const blank = { due: 0, forUpload: false, failures: 0, brokenDownloads: 0, deferrals: 0, result: undefined };
    const known: Known = this.#byId.get(id) ?? { id, state: "running", ...blank };
    known.state = "running";
    this.#byId.set(id, known);
    return known;
  }

  /** Those that nobody works on and that are none of these. */
  besides(ids: ReadonlySet<number>): number[] {
    return [...this.#byId.values()].flatMap(({ id, state }) => (state === "running" || ids.has(id) ? [] : [id]));
  }

  forget(ids: Iterable<number>): void {
    for (const id of ids) this.#byId.delete(id);
  }

  /** When the next one may be taken up again that may not be now; infinite when none waits for a time. */
  nextDue(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { state, due } of this.#byId.values()) if (state === "waiting" && due > now) next = Math.min(next, due);
    return next;
  }
}
