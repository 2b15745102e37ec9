/** A query in the Lucene dialect of the cloud, as a tree. `at` is where in the text a term begins, counted from 0. */
export type LuceneQuery =
  | { readonly type: "all" }
  | { readonly type: "and" | "or"; readonly operands: readonly LuceneQuery[] }
  | { readonly type: "not"; readonly operand: LuceneQuery }
  | LuceneTerm;

/** What is looked for, in a field or in those that are searched where none is named. */
export interface LuceneTerm {
  readonly type: "term";
  readonly field: string | undefined;
  readonly value: LuceneValue;
  readonly at: number;
}

/** The value of a term, not yet read as a number or a date. */
export type LuceneValue =
  /** A word or a phrase, without its escapes. `slop`: how far apart the words of a phrase may stand. */
  | { readonly type: "text"; readonly text: string; readonly quoted: boolean; readonly slop?: number }
  /** A pattern of GLOB, in which what was escaped stands for itself. */
  | { readonly type: "pattern"; readonly glob: string; readonly written: string }
  /** Null is open. */
  | {
      readonly type: "range";
      readonly from: string | null;
      readonly to: string | null;
      readonly includesFrom: boolean;
      readonly includesTo: boolean;
    }
  /** `field:*`: whatever the value, there is one. */
  | { readonly type: "present" };

/** A value near enough as it was written, for messages. */
export function printValue(value: LuceneValue): string {
  switch (value.type) {
    case "text":
      return value.text;
    case "pattern":
      return value.written;
    case "range":
      return `${value.includesFrom ? "[" : "{"}${value.from ?? "*"} TO ${value.to ?? "*"}${value.includesTo ? "]" : "}"}`;
    case "present":
      return "*";
  }
}

/** The terms of a query in the order of writing. */
export function termsOf(query: LuceneQuery): LuceneTerm[] {
  switch (query.type) {
    case "all":
      return [];
    case "term":
      return [query];
    case "not":
      return termsOf(query.operand);
    case "and":
    case "or":
      return query.operands.flatMap(termsOf);
  }
}
