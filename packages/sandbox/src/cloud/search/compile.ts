import { combine, EVERYTHING, NOTHING, QuerySyntaxError, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { compareField } from "./compare.js";
import type { SearchFields } from "./fields.js";
import { parseLucene } from "./parser.js";
import type { LuceneQuery, LuceneTerm } from "./syntax.js";

/** What the meaning of a query depends on besides its fields. */
export interface Meaning {
  /** What relative times count from. */
  readonly now: number;
  /** What a field that nobody knows does: it is refused, or matches nothing. */
  readonly unknown: "refuse" | "nothing";
}

/** The text of a query as a condition over the rows that the fields are of. */
export function compileText(text: string | null | undefined, fields: SearchFields, meaning: Meaning): SqlText {
  return text === undefined || text === null ? EVERYTHING : compileLucene(parseLucene(text), fields, meaning);
}

/**
 * A query as a condition over the rows that the fields are of. A row without a value is in no term, and in its negation.
 * Negations go down to the terms: the database takes fewer groups within each other than people write.
 */
export function compileLucene(query: LuceneQuery, fields: SearchFields, meaning: Meaning, isNegated = false): SqlText {
  switch (query.type) {
    case "all":
      return isNegated ? NOTHING : EVERYTHING;
    case "and":
    case "or": {
      const operands = query.operands.map((operand) => compileLucene(operand, fields, meaning, isNegated));
      return combine((query.type === "and") === isNegated ? "OR" : "AND", operands);
    }
    case "not":
      return compileLucene(query.operand, fields, meaning, !isNegated);
    case "term": {
      const condition = compileTerm(query, fields, meaning);
      return isNegated ? sql`NOT coalesce(${condition}, 0)` : condition;
    }
  }
}

function compileTerm(term: LuceneTerm, fields: SearchFields, { now, unknown }: Meaning): SqlText {
  const { field: name } = term;
  if (name !== undefined) {
    const field = fields.get(name);
    if (field !== undefined) return compareField(name, field, term, now);
    if (unknown === "nothing") return NOTHING;
    throw new QuerySyntaxError(`There is no field ${name}`, term.at);
  }
  const conditions = [...fields].flatMap(([each, field]) => {
    if (field.isDefault !== true) return [];
    try {
      return [compareField(each, field, term, now)];
    } catch (error) {
      // A value that such a field cannot have is not found in it.
      if (error instanceof QuerySyntaxError && ["number", "date", "isoDate", "boolean", "address"].includes(field.type))
        return [];
      throw error;
    }
  });
  return combine("OR", conditions);
}
