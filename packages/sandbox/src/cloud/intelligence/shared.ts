import { perContext } from "../per-context.js";
import { firstIntelligence } from "./first.js";
import { Intelligence } from "./intelligence.js";
import { matchWatchlists } from "./match.js";

/** The intelligence of the organisation, which all parts share. */
export const intelligenceOf = perContext(
  (context) => new Intelligence(context, { first: firstIntelligence, match: matchWatchlists }),
);
