import diagnostics from "node:diagnostics_channel";
import type { RequestDiagnostics } from "cbapi";
import type { CbResponseAPI } from "cbapi/response";

const CHANNEL = "cbapi:request";

/** What a request is for, told from its path. The first that fits counts. */
const kinds: readonly (readonly [kind: string, path: RegExp])[] = [
  ["greeting", /^\/api\/(info|v1\/storage\/)/],
  ["facets", /^\/api\/v\d\/process\?.*facet=true/],
  ["counts", /^\/api\/v\d\/process\?.*rows=0(&|$)/],
  ["searches", /^\/api\/v\d\/process\?/],
  ["processes", /^\/api\/v\d\/process\//],
  ["binaries", /^\/api\/v\d\/binary/],
  ["sensors", /^\/api\/v\d\/sensor/],
  ["groups", /^\/api\/(v\d\/)?group/],
];

/** Counts what a hunt costs: the requests that are sent, and the objects that were needed and known already. */
export class Cost {
  readonly #cb: CbResponseAPI;
  readonly #kinds = new Map<string, number>();
  readonly #count = (message: unknown): void => {
    const { path } = message as RequestDiagnostics;
    const kind = kinds.find(([, pattern]) => pattern.test(path))?.[0] ?? "others";
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  };

  constructor(cb: CbResponseAPI) {
    this.#cb = cb;
    diagnostics.subscribe(CHANNEL, this.#count);
  }

  get requests(): number {
    return this.#cb.stats.requests;
  }

  /** The requests by what they were for, the most frequent first. */
  get requestsByKind(): Record<string, number> {
    return Object.fromEntries([...this.#kinds].sort(([, one], [, other]) => other - one));
  }

  /** Objects that were needed and not asked for, because an earlier answer had brought them. */
  get cacheHits(): number {
    return this.#cb.cacheStats.hits;
  }

  dispose(): void {
    diagnostics.unsubscribe(CHANNEL, this.#count);
  }
}
