import { keywordCondition, within } from "../../query/conditions.js";
import { combine, EVERYTHING, NOTHING, raw, sql } from "../../query/sql.js";
import {
  hasWildcard,
  isPresence,
  type Query,
  QuerySyntaxError,
  type Term,
  termsOf,
  type Value,
} from "../../query/syntax.js";
import { readBoolean, readDates, readNumbers } from "../../query/values.js";
import type { SqlText } from "../../store/database.js";
import { FIELD_STEP, Field, Kind } from "../../store/schema.js";
import type { WordRule } from "../../store/tokens.js";
import type { FieldSpec, Relation, Source, Target } from "./field-spec.js";
import { defaultFields, findField } from "./fields.js";
import { matchingValues, reportsWithWords, valueCondition } from "./match.js";

/** What a query is compiled for. */
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
  checkSize(query);
  const condition = new Compiler(options).query(query, options.acrossSegments === true);
  if (condition.params.length > MOST_PARAMETERS) throw new QuerySyntaxError("The query has too many terms", query.at);
  return condition;
}

/** SQLite takes a few more; the rest is for what is put around the condition. */
const MOST_PARAMETERS = 32_000;

/** Each of them reads all values of a field. */
const MOST_PATTERNS = 100;

/** Each of them is looked up in all fields that are searched by default. */
const MOST_BARE_TERMS = 400;

/** Refuses what would keep the server busy for many seconds, as a server does that has others to serve. */
export function checkSize(query: Query): void {
  const terms = distinct(termsOf(query, "all"));
  const refuse = (what: string): never => {
    throw new QuerySyntaxError(`The query has more than ${what}`, query.at);
  };
  if (terms.filter(({ value }) => hasWildcard(value) && !isPresence(value)).length > MOST_PATTERNS) {
    refuse(`${MOST_PATTERNS} terms with wildcards`);
  }
  if (terms.filter(({ field }) => field === undefined).length > MOST_BARE_TERMS) {
    refuse(`${MOST_BARE_TERMS} terms without a field`);
  }
}

/** Of a term whose field nobody knows. */
export function unknownField(field: string, at: number): QuerySyntaxError {
  return new QuerySyntaxError(`Unknown field ${field}; quote the term if it is none`, at);
}

/** Which field a binary's hash is posted under for each relation; the parent has a row of its own. */
const RELATION_HASH: Record<Exclude<Relation, "parent">, keyof typeof Field> = {
  self: "process_md5",
  filewrite: "filewrite_md5",
  child: "childproc_md5",
  modload: "modload_md5",
};

const ANYTHING = { low: null, high: null };

/**
 * What a term, or several joined by OR, can be found by; any of it suffices. Kept apart by where it is looked up, so that a
 * list of thousands is looked up once and not once for each of them.
 */
interface Alternatives {
  /** SELECTs of terms of the index. */
  terms: SqlText[];
  /** Conditions over the sensor `h` and its group `g`. */
  hosts: SqlText[];
  /** Conditions over the process `p`. */
  processes: SqlText[];
  /** SELECTs of hashes, one of which the parent has. */
  parents: SqlText[];
  /** Conditions over the document itself. */
  others: SqlText[];
}

const none = (): Alternatives => ({ terms: [], hosts: [], processes: [], parents: [], others: [] });

class Compiler {
  constructor(private readonly options: CompileOptions) {}

  query(query: Query, acrossSegments: boolean): SqlText {
    switch (query.type) {
      case "everything":
        return EVERYTHING;
      case "and":
        return combine(
          "AND",
          distinct(query.operands).map((operand) => this.query(operand, acrossSegments)),
        );
      case "or":
        return this.#anyOf(query.operands, acrossSegments);
      case "not":
        if (query.operand.type === "not") return this.query(query.operand.operand, false);
        // What is unknown of a document (no signature, no parent) does not hold, so its negation does.
        return sql`(${this.query(query.operand, false)}) IS NOT TRUE`;
      case "term":
        return this.#anyOf([query], acrossSegments);
    }
  }

  #anyOf(operands: readonly Query[], acrossSegments: boolean): SqlText {
    const found = none();
    const conditions: SqlText[] = [];
    let hasTerms = false;
    for (const operand of distinct(flatten(operands))) {
      if (operand.type === "term") {
        hasTerms = true;
        this.#term(operand, found);
      } else conditions.push(this.query(operand, acrossSegments));
    }
    if (hasTerms) {
      const any = this.#condition(found);
      conditions.unshift(acrossSegments ? sql`d.proc IN (SELECT d.proc FROM segment d WHERE ${any})` : any);
    }
    return combine("OR", conditions);
  }

  #condition({ terms, hosts, processes, parents, others }: Alternatives): SqlText {
    const conditions = [...others];
    if (terms.length > 0) conditions.push(postedUnder(sql`term IN (${unionOf(terms)})`));
    if (hosts.length > 0) conditions.push(this.#onHosts(combine("OR", hosts)));
    if (processes.length > 0) {
      conditions.push(sql`d.proc IN (SELECT p.proc FROM process p WHERE ${combine("OR", processes)})`);
    }
    if (parents.length > 0) conditions.push(parentAmong(unionOf(parents)));
    return combine("OR", conditions);
  }

  #term(term: Term, found: Alternatives): void {
    if (term.field === undefined) {
      this.#bareTerm(term.value, found);
      return;
    }
    const spec = findField(this.options.target, term.field);
    if (spec === undefined) throw unknownField(term.field, term.at);
    this.#field(spec, term.value, found);
  }

  /**
   * All fields that are searched by default, as alternatives. Fields whose type cannot hold such a value (a command line
   * is no date) do not match.
   */
  #bareTerm(value: Value, found: Alternatives): void {
    if (isPresence(value)) {
      found.others.push(EVERYTHING);
      return;
    }
    for (const spec of joinAlike(defaultFields(this.options.target))) {
      try {
        this.#field(spec, value, found);
      } catch (error) {
        if (!(error instanceof QuerySyntaxError)) throw error;
      }
    }
  }

  #field(spec: FieldSpec, value: Value, found: Alternatives): void {
    const { source } = spec;
    switch (source.from) {
      case "postings":
        this.#postings(spec, source, value, found);
        return;
      case "column":
        found.others.push(this.#column(spec, source.column, value));
        return;
      case "process":
        found.processes.push(this.#column(spec, source.column, value));
        return;
      case "host":
        found.hosts.push(
          isPresence(value) ? sql`${raw(source.expression)} <> ''` : keywordCondition(source.expression, value),
        );
        return;
      case "parentMd5":
        this.#parentMd5(spec, value, found);
        return;
      case "relation":
        this.#relation(source.relation, source.binaryField, value, found);
        return;
      case "tag":
        found.others.push(this.#tag(spec, source.name, value));
        return;
      case "postedNumbers":
        this.#postedNumbers(spec, source.field, value, found);
        return;
      case "rows":
        this.#rows(spec, source, value, found);
        return;
      case "reportWords": {
        const documents = reportsWithWords(source.field, value, spec.name);
        if (documents !== undefined) found.others.push(sql`d.doc IN (${documents})`);
      }
    }
  }

  #postings(spec: FieldSpec, source: Source & { from: "postings" }, value: Value, found: Alternatives): void {
    const { fields, kind } = source;
    if (isPresence(value)) {
      for (const field of fields) {
        const from = field * FIELD_STEP;
        found.others.push(postedUnder(raw(`term >= ${from} AND term < ${from + FIELD_STEP}`)));
      }
      return;
    }
    const values = this.#values(spec, kind, value);
    if (values === undefined) return;
    found.terms.push(termsOfValues(fields, values));
    if (source.parentMd5 === true) found.parents.push(values);
  }

  #postedNumbers(spec: FieldSpec, field: Field, value: Value, found: Alternatives): void {
    const { low, high } = isPresence(value) ? ANYTHING : readNumbers(value, spec.name);
    const base = field * FIELD_STEP;
    // A number that no term can be lies outside of the field, and must not be found in the next one.
    const from = Math.max(0, low ?? 0);
    const to = Math.min(FIELD_STEP - 1, high ?? FIELD_STEP - 1);
    if (from > to || (from === to && !Number.isInteger(from))) return;
    if (from === to) found.terms.push(sql`SELECT ${base + from}`);
    else found.others.push(postedUnder(within("term", { low: base + from, high: base + to })));
  }

  #rows(spec: FieldSpec, source: Source & { from: "rows" }, value: Value, found: Alternatives): void {
    const condition = isPresence(value) ? EVERYTHING : valueCondition(spec.type, source.kind, value, spec.name);
    if (condition === undefined) return;
    found.others.push(sql`d.doc IN (SELECT v.doc FROM ${raw(source.rows)} v WHERE ${condition})`);
  }

  #parentMd5(spec: FieldSpec, value: Value, found: Alternatives): void {
    const values = isPresence(value)
      ? raw("SELECT md5_value AS id FROM process WHERE md5_value IS NOT NULL")
      : this.#values(spec, Kind.keyword, value);
    if (values !== undefined) found.parents.push(values);
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

  #onHosts(condition: SqlText): SqlText {
    const hosts = sql`SELECT h.id FROM sensor h LEFT JOIN sensor_group g ON g.id = h.group_id WHERE ${condition}`;
    return this.options.target === "process"
      ? sql`d.sensor_id IN (${hosts})`
      : sql`d.md5_value IN (SELECT md5_value FROM binary_host WHERE sensor_id IN (${hosts}))`;
  }

  #relation(relation: Relation, binaryField: string, value: Value, found: Alternatives): void {
    const spec = findField("binary", binaryField);
    if (spec === undefined) return;
    const binaries = new Compiler({ ...this.options, target: "binary" });
    const wanted = none();
    binaries.#field(spec, value, wanted);
    const condition = binaries.#condition(wanted);
    if (relation === "parent") found.parents.push(sql`SELECT d.md5_value AS id FROM binary d WHERE ${condition}`);
    else {
      const base = raw(String(Field[RELATION_HASH[relation]] * FIELD_STEP));
      found.terms.push(sql`SELECT ${base} + d.md5_value FROM binary d WHERE ${condition}`);
    }
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

/** The operands with those of an OR among them put in its place. */
function flatten(operands: readonly Query[]): Query[] {
  return operands.flatMap((operand) => (operand.type === "or" ? flatten(operand.operands) : [operand]));
}

/** What is asked for twice is asked once. */
function distinct<Q extends Query>(operands: readonly Q[]): Q[] {
  const seen = new Set<string>();
  return operands.filter((operand) => {
    if (operand.type !== "term") return true;
    const { at: _, ...value } = operand.value;
    const key = JSON.stringify([operand.field, value]);
    return !seen.has(key) && seen.add(key);
  });
}

/** SQLite takes a few hundred SELECTs in a union; of more, unions are put together. */
function unionOf(selects: readonly SqlText[]): SqlText {
  const joined = (list: readonly SqlText[]): SqlText =>
    list.slice(1).reduce((whole, next) => sql`${whole} UNION ALL ${next}`, list[0] ?? NOTHING);
  if (selects.length <= WIDEST_UNION) return joined(selects);
  const parts: SqlText[] = [];
  for (let at = 0; at < selects.length; at += WIDEST_UNION) {
    parts.push(sql`SELECT * FROM (${joined(selects.slice(at, at + WIDEST_UNION))})`);
  }
  return unionOf(parts);
}

const WIDEST_UNION = 100;

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
