import type { SandboxReply, SandboxRequest } from "../../server/product.js";
import { valuesOf } from "./facets.js";
import type { AlertDialect } from "./fields.js";
import type { Found } from "./search.js";

const MOST = 20;
/** Fields whose values are worth being proposed. */
const PROPOSED = [
  "device_name",
  "process_name",
  "report_name",
  "device_username",
  "threat_id",
  "watchlists_name",
  "type",
];

/** What a text may be going to be: names of fields, and values that there are; the more frequent first. */
export function suggestions(
  { query }: SandboxRequest,
  { fields }: AlertDialect,
  documents: readonly Found[],
): SandboxReply {
  const begun = (query.get("suggest.q") ?? "").toLowerCase();
  const weights = new Map<string, number>();
  for (const name of fields.keys()) if (name.startsWith(begun)) weights.set(name, documents.length);
  for (const document of documents) {
    for (const value of PROPOSED.flatMap((field) => valuesOf(document, field))) {
      if (value.toLowerCase().startsWith(begun)) weights.set(value, (weights.get(value) ?? 0) + 1);
    }
  }
  const terms = [...weights].map(([term, weight]) => ({ term, weight }));
  terms.sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1));
  return {
    status: 200,
    body: {
      suggestions: terms.slice(0, MOST).map(({ term, weight }) => ({
        ...{ term, weight, required_skus_all: [], required_skus_some: ["defense", "threathunter"] },
      })),
    },
  };
}
