import type { SqlText } from "../store/database.js";
import { fold } from "../store/tokens.js";
import { sql } from "./sql.js";

/**
 * A text of the database without case, as far as it is compared with `wanted`, which is folded. The database knows the case
 * of ASCII letters only; of all others those matter that `wanted` holds, and these few are put into lower case one by one.
 */
export function folded(text: SqlText, wanted: string): SqlText {
  let value = sql`lower(${text})`;
  for (const letter of new Set(wanted)) {
    const upper = letter.toUpperCase();
    if (letter <= "\x7f" || upper === letter || fold(upper) !== letter) continue;
    value = sql`replace(${value}, ${upper}, ${letter})`;
  }
  return value;
}
