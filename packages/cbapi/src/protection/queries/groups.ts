import type { Document } from "../../core/model/document.js";
import { rowsOf } from "./rows.js";

/** How groups are made and ordered. */
export interface GroupOptions<S extends string = string> {
  /** What the groups are ordered by: the value that they have in common, or how many rows they have. Default `value`. */
  readonly by?: "count" | "value" | undefined;
  /** Whether the highest comes first. Default false. */
  readonly descending?: boolean | undefined;
  /** A second field to group by (8.0 and later). */
  readonly subgroup?: S | undefined;
  /** How many groups at most; all of them by default. */
  readonly limit?: number | undefined;
}

/** The rows that have one value in common. */
export interface Group<V = unknown, S = unknown> {
  /** What they have in common; `undefined` where they have no value. */
  readonly value: V | undefined;
  /** The value of the second field, where there is one. */
  readonly subvalue?: S | undefined;
  /** How many they are. */
  readonly count: number;
}

/** The parameter `group`. */
export function groupParameter(field: string, { by = "value", descending = false }: GroupOptions): string {
  if (by === "count") return `${field} ${descending ? "cdesc" : "casc"}`;
  return descending ? `${field} desc` : field;
}

/** The groups of an answer. */
export function groupsOf(
  answer: unknown,
  path: string,
  decode: (raw: unknown) => unknown,
  decodeSub: (raw: unknown) => unknown,
): Group[] {
  return rowsOf(answer, path).map((row: Document) => ({
    value: decode(row["value"]),
    ...("subvalue" in row ? { subvalue: decodeSub(row["subvalue"]) } : {}),
    count: Number(row["count"]) || 0,
  }));
}
