import { createHash } from "node:crypto";
import { HttpProblem } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";

/** Searches are kept for so long. */
export const SEARCH_LIFE = 180_000;
/** So many of them are kept: whoever begins more loses the oldest. */
const MOST_SEARCHES = 500;
/** Among so many machines the events of the organisation are spread. */
const SEARCHERS = 6;

/** How far a search has come. */
export interface Progress {
  readonly contacted: number;
  readonly completed: number;
  /** How much of the result is there, from 0 to 1. */
  readonly share: number;
  /** Says that there is nothing to search. */
  readonly message?: string;
}

/** A search that somebody has begun, with what it has found. */
export interface SearchJob<T = unknown> {
  readonly id: string;
  /** What it searches: a job is found under its own path only. */
  readonly kind: string;
  readonly begun: number;
  readonly result: T;
}

interface Kept extends SearchJob {
  asked: number;
}

/** The searches of the organisation, which all parts share. */
export const searchJobsOf = perContext((context) => new SearchJobs(context));

/** Searches that take their time: each time that somebody asks for one, more searchers have answered. */
export class SearchJobs {
  readonly #context: CloudContext;
  readonly #jobs = new Map<string, Kept>();
  #count = 0;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Begins a search, of which the result is known already: it is shown bit by bit. */
  begin<T>(kind: string, result: T): SearchJob<T> {
    this.#forget();
    this.#count += 1;
    const digits = createHash("sha256").update(`${this.#context.seed}/search/${this.#count}`).digest("hex");
    const id = [
      digits.slice(0, 8),
      digits.slice(8, 12),
      `4${digits.slice(13, 16)}`,
      `8${digits.slice(17, 20)}`,
      digits.slice(20, 32),
    ];
    const job = { id: id.join("-"), kind, begun: this.#context.now(), result, asked: 0 };
    this.#jobs.set(job.id, job);
    return job;
  }

  /** A search by its id, as somebody asks for it. Refuses one that there is not, or not any more. */
  ask<T>(kind: string, id: string | undefined): { job: SearchJob<T>; progress: Progress } {
    const job = this.#present(kind, id);
    job.asked += 1;
    return { job: job as SearchJob as SearchJob<T>, progress: this.#progress(job.asked) };
  }

  remove(kind: string, id: string | undefined): void {
    this.#jobs.delete(this.#present(kind, id).id);
  }

  /** The ids of the searches of a kind, the newest first. */
  ids(kind: string): string[] {
    this.#forget();
    return [...this.#jobs.values()]
      .filter((job) => job.kind === kind)
      .map(({ id }) => id)
      .reverse();
  }

  #present(kind: string, id = ""): Kept {
    this.#forget();
    const job = this.#jobs.get(id);
    if (job === undefined || job.kind !== kind) throw new HttpProblem(404, `There is no search ${id}`);
    return job;
  }

  /** The first answer contacts nobody, the last one has everything, those between them each a bit more. */
  #progress(asked: number): Progress {
    const { behaviour, store } = this.#context;
    const none = { contacted: 0, completed: 0, share: 0 };
    if (store.database.first("SELECT 1 AS n FROM process LIMIT 1") === undefined) {
      return { ...none, message: "No data available, verify your endpoint communications or try again later" };
    }
    const { searchPolls, searchersAway } = behaviour;
    if (searchersAway || (asked === 1 && searchPolls !== 0 && searchPolls !== 1)) return none;
    if (searchPolls >= 0 && asked >= searchPolls) return { contacted: SEARCHERS, completed: SEARCHERS, share: 1 };
    const steps = searchPolls < 0 ? Number.POSITIVE_INFINITY : searchPolls - 1;
    const completed = Math.min(SEARCHERS - 1, Math.max(1, Math.floor((SEARCHERS * (asked - 1)) / steps)));
    return { contacted: SEARCHERS, completed, share: completed / SEARCHERS };
  }

  #forget(): void {
    const oldest = this.#context.now() - SEARCH_LIFE;
    for (const [id, { begun }] of this.#jobs) {
      if (begun > oldest && this.#jobs.size < MOST_SEARCHES) break;
      this.#jobs.delete(id);
    }
  }
}
