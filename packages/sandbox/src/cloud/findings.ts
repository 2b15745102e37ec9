import { HttpProblem } from "../server/product.js";
import { inSlices, type Steps } from "../steps.js";
import { alertsOf } from "./alerts/alerts.js";
import type { CloudContext } from "./context.js";
import { intelligenceOf } from "./intelligence/shared.js";
import type { CloudPart } from "./part.js";
import { perContext } from "./per-context.js";

/** What is found in the organisation when somebody asks first, which all parts share. */
export const findingsOf = perContext((context) => new Findings(context));

/**
 * Alerts, and what watchlists look for: found in what the organisation holds when somebody asks for either first. Others have
 * their turn meanwhile, and all who want the findings wait for the same.
 */
export class Findings {
  readonly #context: CloudContext;
  readonly #end = new AbortController();
  #making: Promise<void> | undefined;
  #isMade = false;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** What is being found beside requests; undefined where nothing is. */
  get making(): Promise<void> | undefined {
    return this.#making;
  }

  /** Begins, unless that has been done; resolves when everything has been found. Undefined when it has been already. */
  ensure(): Promise<void> | undefined {
    if (this.#isMade) return undefined;
    this.#making ??= inSlices(this.steps(), this.#end.signal).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** All of it in steps. What was given up on the way is carried on from where it was. */
  *steps(): Steps<void> {
    yield* alertsOf(this.#context).find();
    // What watchlists find is raised behind the other alerts, whoever asks for what first.
    yield* intelligenceOf(this.#context).find();
    this.#isMade = true;
  }

  /** Gives up; resolves when it has. */
  async close(): Promise<void> {
    this.#end.abort(new HttpProblem(503, "The server is being shut down"));
    await this.#making?.catch(() => {});
  }
}

/** What goes on beside requests until everything has been found. */
export function findingsPart(context: CloudContext): CloudPart {
  const findings = findingsOf(context);
  return {
    routes: [],
    making: () => findings.making,
    release: () => void findings.close(),
    close: () => findings.close(),
  };
}
