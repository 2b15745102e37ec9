import { inspect } from "node:util";
import { nameError } from "../error-class.js";
import { CbApiError, type ErrorDetails } from "../errors.js";
import { addTo } from "../groups.js";

import type { Key } from "../model/document.js";
import type { QueryReport } from "../query/report.js";
import type { Outcome } from "./outcome.js";
import type { BulkCounts, BulkItem, BulkReason, BulkState, RetryOptions } from "./types.js";

const STATES: readonly BulkState[] = ["done", "pending", "refused", "unknown", "unsent"];

/** How much of a list and of a reason a printed report shows. */
const SHOWN_REASONS = 3;
const SHOWN_ITEMS = 3;
const SHOWN_TEXT = 200;

/** What a report is made of. */
export interface ReportParts<Item extends Key, Unlisted extends undefined> {
  readonly name: string;
  readonly items: readonly BulkItem<Item>[] | undefined;
  /** What became of the request, where it named no items. */
  readonly byQuery: Outcome | undefined;
  readonly matched: number | undefined;
  readonly search: QueryReport | undefined;
  retry(options: RetryOptions<Item>): Promise<BulkReport<Item, Unlisted>>;
}

/**
 * What became of a bulk operation, item by item. It is a picture of one moment: {@link BulkReport.retry} gives a new
 * one.
 *
 * Where the server was given a query and no items, it does not say which it changed; {@link BulkReport.items},
 * {@link BulkReport.failures} and {@link BulkReport.counts} are `undefined` then.
 */
export class BulkReport<Item extends Key = Key, Unlisted extends undefined = never> {
  readonly #parts: ReportParts<Item, Unlisted>;
  readonly #counts: BulkCounts | undefined;
  #failures: readonly BulkItem<Item>[] | undefined;
  #reasons: readonly BulkReason<Item>[] | undefined;

  /** @internal Made by a bulk operation. */
  constructor(parts: ReportParts<Item, Unlisted>) {
    this.#parts = parts;
    this.#counts = parts.items === undefined ? undefined : countStates(parts.items.map(({ state }) => state));
  }

  /** What was done to what: `changeStatus of Alert query "hostname:win7"`. */
  get name(): string {
    return this.#parts.name;
  }

  /**
   * How many items it was about. Where the server was given a query: how many that matched when it was last counted or
   * read; `undefined` if it never was.
   */
  get matched(): number | undefined {
    return this.#parts.matched;
  }

  /** How many items are in which state. */
  get counts(): BulkCounts | Unlisted {
    return this.#counts as BulkCounts | Unlisted;
  }

  /** Whether everything is done, and the search that found the items, if there was one, missed none. */
  get complete(): boolean {
    return this.reasons.length === 0 && this.search?.complete !== false;
  }

  /** How the items were found; `undefined` where nothing was searched for. */
  get search(): QueryReport | undefined {
    return this.#parts.search;
  }

  /** Every item with its state, in the order in which they were found. */
  items(): readonly BulkItem<Item>[] | Unlisted {
    return this.#parts.items as readonly BulkItem<Item>[] | Unlisted;
  }

  /** The items that are not done, each with the error that says why. Empty when all is done. */
  get failures(): readonly BulkItem<Item>[] | Unlisted {
    this.#failures ??= this.#parts.items?.filter(({ state }) => state !== "done");
    return this.#failures as readonly BulkItem<Item>[] | Unlisted;
  }

  /** Why not all is done: the items of each batch that failed share a reason. Empty when all is done. */
  get reasons(): readonly BulkReason<Item>[] {
    const { items, byQuery } = this.#parts;
    this.#reasons ??= Object.freeze(byQuery === undefined ? group(items ?? []) : ofQuery(byQuery));
    return this.#reasons;
  }

  /**
   * Sends what is not done, and nothing else; gives a report over everything. What was done since, by another retry, is
   * not done again. Of what is pending nothing is sent again: it is looked at and waited for once more. What the plan had
   * refused stays so. Sends nothing when all is done.
   */
  retry(options: RetryOptions<Item> = {}): Promise<BulkReport<Item, Unlisted>> {
    return this.#parts.retry(options);
  }

  /**
   * The report itself, for callers who want an exception when anything is missing.
   * @throws BulkError with this report, when it is not complete
   */
  throwIfIncomplete(): this {
    if (this.complete) return this;
    const cause = this.reasons.find(({ error }) => error !== undefined)?.error;
    throw new BulkError([this.#summary(), ...this.#lines()].join(". "), { report: this, cause });
  }

  toJSON(): object {
    const { name, matched, complete } = this;
    const reasons = this.reasons.map(({ state, items, error }) => ({ state, items, error: error?.message }));
    return { name, matched, complete, counts: this.#counts, reasons, search: this.search };
  }

  [inspect.custom](): string {
    return [`BulkReport: ${this.#summary()}`, ...this.#lines()].join("\n  ");
  }

  #summary(): string {
    const { name, matched, reasons } = this;
    if (this.#counts === undefined) {
      const known = matched === undefined ? "" : ` (it matched ${matched} when it was last counted)`;
      return `${name}: sent as a query${known}, ${reasons[0]?.state ?? "done"}`;
    }
    const counts = this.#counts;
    const states = STATES.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
    return `${name}: ${[plural(matched ?? 0), ...states].join(", ")}`;
  }

  /** Why it is not complete, in one line for each reason. */
  #lines(): string[] {
    const lines = this.reasons.slice(0, SHOWN_REASONS).map(({ state, items, error }) => {
      const which = items === undefined ? "" : `, ${plural(items.length)} (${listed(items)})`;
      return `${state}${which}: ${cut(error?.message ?? "nothing was sent yet")}`;
    });
    if (this.reasons.length > SHOWN_REASONS) lines.push(`${this.reasons.length - SHOWN_REASONS} more reasons`);
    if (this.search?.complete === false) {
      lines.push(`the search for the items was not complete: ${cut(this.search.reasons.join("; "))}`);
    }
    return lines;
  }
}

/** How many there are of each state. */
export function countStates(states: Iterable<BulkState>): BulkCounts {
  const counts = { done: 0, pending: 0, refused: 0, unknown: 0, unsent: 0 };
  for (const state of states) counts[state]++;
  return Object.freeze(counts);
}

/** The items that are not done by their reasons: those of one batch share their error. */
export function group<Item extends Key>(items: readonly BulkItem<Item>[]): BulkReason<Item>[] {
  const groups = new Map<Error | undefined, Map<BulkState, Item[]>>();
  for (const { item, state, error } of items) {
    if (state === "done") continue;
    const states = groups.get(error) ?? new Map<BulkState, Item[]>();
    groups.set(error, states);
    addTo(states, state, item);
  }
  return [...groups].flatMap(([error, states]) =>
    [...states].flatMap(([state, alike]) => (state === "done" ? [] : [reason(state, alike, error)])),
  );
}

function ofQuery({ state, error }: Outcome): BulkReason<never>[] {
  return state === "done" ? [] : [reason(state, undefined, error)];
}

function reason<Item extends Key>(
  state: BulkReason["state"],
  items: readonly Item[] | undefined,
  error: Error | undefined,
): BulkReason<Item> {
  return Object.freeze({ state, items, ...(error === undefined ? {} : { error }) });
}

function plural(count: number): string {
  return count === 1 ? "1 item" : `${count} items`;
}

function listed(items: readonly Key[]): string {
  return [...items.slice(0, SHOWN_ITEMS), ...(items.length > SHOWN_ITEMS ? ["..."] : [])].join(", ");
}

function cut(text: string): string {
  return text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT - 3)}...` : text;
}

/** A bulk operation was not carried out for all that it was meant for. */
export class BulkError extends CbApiError {
  /** What became of each item, and the way to send the rest. */
  readonly report: BulkReport<Key, undefined>;

  /** @internal */
  constructor(message: string, details: ErrorDetails & { readonly report: BulkReport<Key, undefined> }) {
    super(message, { code: "BULK_INCOMPLETE", ...details });
    this.report = details.report;
  }
}
nameError(BulkError, "BulkError");
