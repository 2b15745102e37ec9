/** A part of a file: from `start` on, `length` bytes. */
export interface Range {
  start: number;
  length: number;
}

/**
 * The part that a `Range` header asks for; `none` when it lies behind the end. Undefined asks for everything: so does what is
 * no range, or more than one, as servers may take it.
 */
export function readRange(header: string | string[] | undefined, size: number): Range | "none" | undefined {
  if (typeof header !== "string") return undefined;
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.replace(/\s/g, ""));
  const [, first = "", last = ""] = found ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "none" : { start: size - length, length };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  // The last byte before the first one: no range at all.
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "none" : { start, length: end - start + 1 };
}
