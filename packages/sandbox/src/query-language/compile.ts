import type { SqlText } from "../store/database.js";
import { FIELD_STEP, Field, Kind } from "../store/schema.js";
import type { WordRule } from "../store/tokens.js";
import { defaultFields, type FieldSpec, findField, type Relation, type Source, type Target } from "./fields.js";
import { keywordCondition, matchingValues, within } from "./match.js";
import { combine, EVERYTHING, NOTHING, raw, sql } from "./sql.js";
import { isPresence, type Query, QuerySyntaxError, type Term, type Value } from "./syntax.js";
import { readBoolean, readDates, readNumbers } from "./values.js";

export interface CompileOptions {
  target: Target;
  /** For relative dates. */
  now: number;
  /** How command lines are cut on this server version. */
  commandRule: WordRule;
  /** Terms may hold in different segments of one process; negated ones still speak of the row's own segment. */
  acrossSegments?: boolean;
}

/** A condition over `d`, the document: a row of `segment` or of `binary`. */
export function compileQuery(query: Query, options: CompileOptions): SqlText {
  const condition = new Compiler(options).query(query, options.acrossSegments === true);
  if (condition.params.length > MOST_PARAMETERS) throw new QuerySyntaxError("The query has too many terms", query.at);
  return condition;
}

/** SQLite takes a few more; the rest is for what is put around the condition. */
const MOST_PARAMETERS = 32_000;

/** Which field a binary's hash is posted under for each relation; the parent has a row of its own. */
const RELATION_HASH: Record<Exclude<Relation, "parent">, keyof typeof Field> = {
  self: "process_md5",
  filewrite: "filewrite_md5",
  child: "childproc_md5",
  modload: "modload_md5",
};

const ANYTHING = { low: null, high: null };

class Compiler {
  constructor(private readonly options: CompileOptions) {}

  query(query: Query, acrossSegments: boolean): SqlText {
    switch (query.type) {
      case "everything":
        return EVERYTHING;
      case "and":
      case "or": {
        const operands = query.operands.map((operand) => this.query(operand, acrossSegments));
        return combine(query.type === "and" ? "AND" : "OR", operands);
      }
      case "not":
        // What is unknown of a document (no signature, no parent) does not hold, so its negation does.
        return sql`(${this.query(query.operand, false)}) IS NOT TRUE`;
      case "term": {
        const term = this.#term(query);
        return acrossSegments ? sql`d.proc IN (SELECT d.proc FROM segment d WHERE ${term})` : term;
      }
    }
  }

  #term(term: Term): SqlText {
    if (term.field === undefined) return this.#bareTerm(term.value);
    const spec = findField(this.options.target, term.field);
    if (spec === undefined) {
      throw new QuerySyntaxError(`Unknown field ${term.field}; quote the term if it is none`, term.at);
    }
    return this.#field(spec, term.value);
  }

  /**
   * All fields that are searched by default, as alternatives. Fields whose type cannot hold such a value (a command line
   * is no date) do not match. What the index answers is asked of it at once.
   */
  #bareTerm(value: Value): SqlText {
    if (isPresence(value)) return EVERYTHING;
    const terms: SqlText[] = [];
    const others: SqlText[] = [];
    for (const spec of joinAlike(defaultFields(this.options.target))) {
      try {
        if (spec.source.from !== "postings") {
          others.push(this.#field(spec, value));
          continue;
        }
        const values = this.#values(spec, spec.source.kind, value);
        if (values !== undefined) terms.push(termsOfValues(spec.source.fields, values));
      } catch (error) {
        if (!(error instanceof QuerySyntaxError)) throw error;
      }
    }
    const [first = NOTHING, ...more] = terms;
    const all = more.reduce((joined, next) => sql`${joined} UNION ALL ${next}`, first);
    return combine("OR", [terms.length === 0 ? NOTHING : postedUnder(sql`term IN (${all})`), ...others]);
  }

  #field(spec: FieldSpec, value: Value): SqlText {
    const { source } = spec;
    switch (source.from) {
      case "postings":
        return this.#postings(spec, source, value);
      case "column":
        return this.#column(spec, source.column, value);
      case "host":
        return this.#host(source.expression, value);
      case "parentMd5":
        return this.#parentMd5(spec, value);
      case "relation":
        return this.#relation(source.relation, source.binaryField, value);
      case "tag":
        return this.#tag(spec, source.name, value);
      case "postedNumbers": {
        const base = source.field * FIELD_STEP;
        const { low, high } = isPresence(value) ? ANYTHING : readNumbers(value, spec.name);
        const range = { low: base + (low ?? 0), high: base + (high ?? FIELD_STEP - 1) };
        return postedUnder(within("term", range));
      }
    }
  }

  #postings(spec: FieldSpec, source: Source & { from: "postings" }, value: Value): SqlText {
    const { fields, kind } = source;
    if (isPresence(value)) {
      const present = fields.map((field) => {
        const from = field * FIELD_STEP;
        return postedUnder(raw(`term >= ${from} AND term < ${from + FIELD_STEP}`));
      });
      return combine("OR", present);
    }
    const values = this.#values(spec, kind, value);
    if (values === undefined) return NOTHING;
    const posted = postedUnder(sql`term IN (${termsOfValues(fields, values)})`);
    return source.parentMd5 === true ? sql`(${posted} OR ${parentAmong(values)})` : posted;
  }

  #parentMd5(spec: FieldSpec, value: Value): SqlText {
    if (isPresence(value)) return parentAmong(raw("SELECT md5_value AS id FROM process WHERE md5_value IS NOT NULL"));
    const values = this.#values(spec, Kind.keyword, value);
    return values === undefined ? NOTHING : parentAmong(values);
  }

  #values(spec: FieldSpec, kind: Kind, value: Value): SqlText | undefined {
    return matchingValues(spec.type, kind, value, spec.name, this.options.commandRule);
  }

  #column(spec: FieldSpec, column: string, value: Value): SqlText {
    if (isPresence(value)) return raw(`${column} IS NOT NULL`);
    switch (spec.type) {
      case "number":
        return within(column, readNumbers(value, spec.name));
      case "date":
        return within(column, readDates(value, spec.name, this.options.now));
      case "boolean":
        return within(column, {
          low: Number(readBoolean(value, spec.name)),
          high: Number(readBoolean(value, spec.name)),
        });
      default:
        return keywordCondition(column, value);
    }
  }

  #host(expression: string, value: Value): SqlText {
    const left: SqlText = raw(expression);
    const condition = isPresence(value) ? sql`${left} <> ''` : keywordCondition(expression, value);
    const hosts = sql`SELECT h.id FROM sensor h LEFT JOIN sensor_group g ON g.id = h.group_id WHERE ${condition}`;
    return this.options.target === "process"
      ? sql`d.sensor_id IN (${hosts})`
      : sql`d.md5_value IN (SELECT md5_value FROM binary_host WHERE sensor_id IN (${hosts}))`;
  }

  #relation(relation: Relation, binaryField: string, value: Value): SqlText {
    const spec = findField("binary", binaryField);
    if (spec === undefined) return NOTHING;
    const condition = new Compiler({ ...this.options, target: "binary" }).#field(spec, value);
    if (relation === "parent") return parentAmong(sql`SELECT d.md5_value AS id FROM binary d WHERE ${condition}`);
    const base = raw(String(Field[RELATION_HASH[relation]] * FIELD_STEP));
    return postedUnder(sql`term IN (SELECT ${base} + d.md5_value FROM binary d WHERE ${condition})`);
  }

  #tag(spec: FieldSpec, name: string, value: Value): SqlText {
    const found = sql`d.doc IN (SELECT doc FROM tag t WHERE scope = ${this.options.target} AND name = ${name}`;
    if (isPresence(value)) return sql`${found})`;
    if (spec.type !== "keyword") return sql`${found} AND ${this.#column(spec, "value", value)})`;
    // Several texts of one tag are kept as a list.
    const texts = "json_each(CASE WHEN json_valid(t.value) THEN t.value ELSE json_array(t.value) END)";
    return sql`${found} AND EXISTS (SELECT 1 FROM ${raw(texts)} e WHERE ${keywordCondition("lower(e.value)", value)}))`;
  }
}

/** The terms that these values have in these fields. */
function termsOfValues(fields: readonly Field[], values: SqlText): SqlText {
  const bases = raw(fields.map((field) => `(${field * FIELD_STEP})`).join(","));
  return sql`SELECT b.column1 + m.id FROM (${values}) m, (VALUES ${bases}) b`;
}

/** The documents that are posted under these terms. */
function postedUnder(terms: SqlText): SqlText {
  return sql`d.doc IN (SELECT j.value FROM posting p, json_each(p.docs) j WHERE ${terms})`;
}

function parentAmong(md5Values: SqlText): SqlText {
  return sql`d.proc IN (SELECT c.proc FROM process p JOIN process c ON c.parent_id = p.id
    WHERE p.md5_value IN (${md5Values}))`;
}

/** Puts posted fields of one type together, so that a bare term looks each of its values up once. */
function joinAlike(specs: readonly FieldSpec[]): FieldSpec[] {
  const joined: FieldSpec[] = [];
  for (const spec of specs) {
    const { source } = spec;
    const same = joined.find(
      (other) =>
        other.type === spec.type &&
        other.source.from === "postings" &&
        source.from === "postings" &&
        other.source.kind === source.kind,
    );
    if (source.from !== "postings" || same?.source.from !== "postings") {
      joined.push({ ...spec });
    } else {
      same.source = {
        from: "postings",
        fields: [...new Set([...same.source.fields, ...source.fields])],
        kind: source.kind,
      };
    }
  }
  return joined;
}
