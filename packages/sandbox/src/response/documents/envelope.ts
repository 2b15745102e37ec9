/** What a search answers around its rows. */
export interface SearchAnswer {
  results: unknown[];
  total: number;
  start: number;
  /** From `performance.now()`. */
  began: number;
  /** What answers about threat reports leave out. */
  terms?: string[];
  facets: Record<string, unknown>;
  /** What only the answers about processes and binaries tell. */
  highlights?: unknown[];
  /** What only the answers of process searches tell. */
  process?: { comprehensive: boolean; immutableSegments: boolean };
}

/** The whole answer of a search. */
export function searchEnvelope(answer: SearchAnswer): Record<string, unknown> {
  const { process, highlights } = answer;
  return {
    ...(answer.terms === undefined ? {} : { terms: answer.terms }),
    results: answer.results,
    elapsed: elapsedSince(answer.began),
    ...(process === undefined ? {} : { tagged_pids: {}, filtered: {} }),
    ...(process?.immutableSegments === true
      ? {
          comprehensive_search: process.comprehensive,
          all_segments: process.comprehensive,
          incomplete_results: false,
        }
      : {}),
    total_results: answer.total,
    // Of processes, servers before 6.0 call them events.
    ...(highlights === undefined
      ? {}
      : { [process?.immutableSegments === false ? "events" : "highlights"]: highlights }),
    facets: answer.facets,
    start: answer.start,
  };
}

/** Seconds since `began`, from `performance.now()`. */
export function elapsedSince(began: number): number {
  return Math.round((performance.now() - began) * 10) / 10_000;
}
