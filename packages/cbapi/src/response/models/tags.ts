import type { Document } from "../../core/model/document.js";

/** A hit of a watchlist, as processes and binaries list them. */
export interface WatchlistHit {
  /** The watchlist's id. */
  readonly wid: string;
  /** When it hit, as the server writes it. */
  readonly value: string;
  /** How many segments of a process it hit. */
  readonly segments_hit?: number;
}

/** What a feed says of a process or a binary. */
export interface Tag {
  /** The feed's name. */
  readonly name: string;
  /** From -100 (known good) to 100 (malicious). */
  readonly score: number | undefined;
  /** The ids of the reports that match. */
  readonly data: unknown;
  /** Where the feed tells more. */
  readonly link: string | undefined;
  /** When the feed last said so, as the server writes it. */
  readonly updated: string | undefined;
}

/** The feeds that have tagged a document: its `alliance_<kind>_<feed>` fields. A feed's name may hold underscores. */
export function tagsOf(document: Document): string[] {
  const names = new Set<string>();
  for (const field of Object.keys(document)) {
    const match = /^alliance_(?:score|data|link|updated)_(.+)$/.exec(field);
    if (match?.[1] !== undefined) names.add(match[1]);
  }
  return [...names];
}

/** What one feed says; `undefined` when it has not tagged the document. */
export function tagOf(document: Document, name: string): Tag | undefined {
  if (!tagsOf(document).includes(name)) return undefined;
  const score = document[`alliance_score_${name}`];
  return {
    name,
    score: score === undefined || score === null ? undefined : Number(score),
    data: document[`alliance_data_${name}`] ?? undefined,
    link: (document[`alliance_link_${name}`] ?? undefined) as string | undefined,
    updated: (document[`alliance_updated_${name}`] ?? undefined) as string | undefined,
  };
}
