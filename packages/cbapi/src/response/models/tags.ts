import type { Document } from "../../core/model/document.js";

/** What a feed says of a process or a binary. */
export interface Tag {
  readonly name: string;
  readonly score: number | undefined;
  readonly data: unknown;
  readonly link: string | undefined;
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
