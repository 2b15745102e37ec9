/**
 * Whether a name has the form of a pattern of `*` and `?`, in time that grows with the product of their lengths at most.
 * Characters beyond 16 bits count as two, unless both are given as lists of characters.
 */
export function matches(name: ArrayLike<string>, pattern: ArrayLike<string>): boolean {
  let at = 0;
  let sign = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const wanted = pattern[sign];
    if (wanted === "*") {
      star = sign++;
      resume = at;
    } else if (wanted !== undefined && (wanted === "?" || wanted === name[at])) {
      sign++;
      at++;
    } else if (star >= 0) {
      // The last star takes one more letter; earlier ones need not be tried again.
      sign = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[sign] === "*") sign++;
  return sign === pattern.length;
}

/** {@link matches} as Windows does it: without case, `*.*` is everything and `x.` a name without extension. */
export function matchesOnWindows(name: string, pattern: string): boolean {
  const folded = name.toLowerCase();
  const wanted = pattern.toLowerCase();
  if (wanted === "*.*" || wanted === "*") return true;
  if (wanted.endsWith(".*") && matches(folded, wanted.slice(0, -2)) && !wanted.slice(0, -2).includes(".")) return true;
  if (wanted.endsWith(".")) return !folded.includes(".") && matches(folded, wanted.slice(0, -1));
  return matches(folded, wanted);
}

export const hasWildcards = (text: string): boolean => text.includes("*") || text.includes("?");
