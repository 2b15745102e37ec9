import { raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import { type Field, KINDS, type Kind, type Present, sentDate, stored } from "../objects/index.js";
import { may, type Right } from "../rights.js";
import type { Column } from "./compile.js";

/** Who asks, of which server. */
export interface Reader {
  readonly has8: boolean;
  readonly present: Present;
  /** Whether he may see what needs this right. */
  readonly may: (right: Right | undefined) => boolean;
}

/** A column with where its values are in a row. */
interface Seen extends Column {
  readonly field: Field;
  /** In the record by this name, or, of those that are computed, at this place behind the records. */
  readonly at: { record: number; name: string } | { place: number } | undefined;
}

type Row = readonly unknown[];

/** A kind as a version has it: its fields and, where it is widened, those of the objects that it names. */
export class Scope {
  readonly #seen = new Map<string, Seen>();
  /** What stands beside the records in a row, in order. */
  readonly computed: SqlText[] = [];
  /** The rows of `object` that a row is made of: the object's own, then those that it names. */
  readonly tables: { alias: string; join?: SqlText }[] = [{ alias: "o" }];

  constructor(
    kind: Kind,
    readonly reader: Reader,
    expand: readonly string[] = [],
  ) {
    this.#add(kind, "", 0);
    if (!reader.has8) return;
    for (const name of expand) {
      const key = this.#seen.get(name.toLowerCase());
      const target = key === undefined || key.at === undefined ? undefined : KINDS.get(key.field.of ?? "");
      // What was widened already is not widened again, nor are the fields that came of it.
      if (key === undefined || target === undefined || !Object.hasOwn(kind.fields, key.name)) continue;
      if (this.#seen.has(`${key.name}_id`.toLowerCase())) continue;
      if (!reader.may(target.view)) throw new HttpProblem(401, `${key.name} needs the permission "${target.view}"`);
      const alias = `e${this.tables.length}`;
      const on = raw(`LEFT JOIN object ${alias} ON ${alias}.kind = '${target.kept}' AND ${alias}.key =`);
      this.tables.push({ alias, join: sql`${on} ${key.expression}` });
      this.#add(target, `${key.name}_`, this.tables.length - 1);
    }
  }

  /** A field by its name, whatever its case; anything else is refused. */
  column(name: string): Column {
    const column = this.#seen.get(name.toLowerCase());
    if (column === undefined) throw new HttpProblem(400, `There is no field ${name}`);
    return column;
  }

  /** A value of a column as documents have it. */
  sent({ type }: Pick<Column, "type">, value: unknown): unknown {
    if (value === null || value === undefined) return null;
    if (type === "date") return sentDate(Number(value));
    return type === "boolean" ? value === true || value === 1 : value;
  }

  /** The document of a row: the records first, then what is computed. */
  document(row: Row): Record<string, unknown> {
    const document: Record<string, unknown> = {};
    for (const column of this.#seen.values()) {
      const { at } = column;
      if (at === undefined) document[column.name] = column.type === "text" ? "" : null;
      else if ("place" in at) document[column.name] = this.sent(column, row[this.tables.length + at.place]);
      else {
        const record = row[at.record] as Record<string, unknown> | null;
        document[column.name] = this.sent(column, record?.[at.name]);
      }
    }
    return document;
  }

  #add(kind: Kind, prefix: string, table: number): void {
    const alias = this.tables[table]?.alias ?? "o";
    for (const [name, field] of Object.entries(kind.fields)) {
      if (field.since !== undefined && !this.reader.has8) continue;
      const visible = this.reader.may(field.needs);
      const full = prefix + name;
      let at: Seen["at"];
      let expression = visible ? raw(stored(alias, name)) : raw("NULL");
      if (visible && field.computed !== undefined) {
        expression = field.computed(alias, this.reader.present);
        at = { place: this.computed.length };
        this.computed.push(expression);
      } else if (visible) at = { record: table, name };
      this.#seen.set(full.toLowerCase(), { name: full, type: field.type, expression, field, at });
    }
  }
}

/** Someone who asks as the owner of a token. */
export const readerOf = (has8: boolean, present: Present, user: Parameters<typeof may>[0]): Reader => ({
  ...{ has8, present },
  may: (right) => may(user, right),
});
