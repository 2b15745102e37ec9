/** What a search answers around its rows. */
export interface SearchAnswer {
  results: unknown[];
  total: number;
  start: number;
  /** From `performance.now()`. */
  began: number;
  terms: string[];
  facets?: Record<string, unknown>;
  highlights?: unknown[];
  /** Whether terms were looked for across segments; undefined where that makes no sense. */
  comprehensive?: boolean | undefined;
}

export function searchEnvelope(answer: SearchAnswer): Record<string, unknown> {
  return {
    terms: answer.terms,
    results: answer.results,
    elapsed: elapsedSince(answer.began),
    ...(answer.comprehensive === undefined
      ? {}
      : {
          comprehensive_search: answer.comprehensive,
          all_segments: answer.comprehensive,
          incomplete_results: false,
        }),
    total_results: answer.total,
    highlights: answer.highlights ?? [],
    facets: answer.facets ?? {},
    tagged_pids: {},
    start: answer.start,
    filtered: {},
  };
}

export function elapsedSince(began: number): number {
  return Math.round((performance.now() - began) * 10) / 10_000;
}
