import Libsql from "libsql";

/** What a statement takes and gives. The driver aborts the whole process on a boolean, so the type leaves it out. */
export type SqlValue = string | number | null;

/** A piece of SQL with the values for its question marks, in order. */
export interface SqlText {
  sql: string;
  params: readonly SqlValue[];
}

type Statement = Libsql.Statement<unknown[]>;

const KEPT_STATEMENTS = 256;

/** An SQLite database whose prepared statements are kept, so that asking twice parses once. */
export class Database {
  readonly #connection: Libsql.Database;
  readonly #statements = new Map<string, Statement>();
  #inTransaction = false;

  constructor(file: string) {
    this.#connection = new Libsql(file);
    // The organisation can be generated again at any time: speed is worth more here than surviving a power cut.
    this.#connection.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;");
  }

  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  run(sql: string, params: readonly SqlValue[] = []): void {
    this.#statement(sql).run(params);
  }

  all<T extends object>(sql: string, params: readonly SqlValue[] = []): T[] {
    return this.#statement(sql).all(params) as T[];
  }

  first<T extends object>(sql: string, params: readonly SqlValue[] = []): T | undefined {
    return this.all<T>(sql, params)[0];
  }

  /** A single number, 0 when there is no row. */
  count(sql: string, params: readonly SqlValue[] = []): number {
    return this.first<{ n: number | null }>(sql, params)?.n ?? 0;
  }

  /**
   * A column `list` that holds a JSON array of numbers. Handing over many rows one by one is what costs most with this
   * driver; one text that JavaScript parses is ten times as fast.
   */
  numbers(sql: string, params: readonly SqlValue[] = []): number[] {
    const row = this.first<{ list: string }>(sql, params);
    return row === undefined ? [] : (JSON.parse(row.list) as number[]);
  }

  begin(): void {
    if (!this.#inTransaction) this.exec("BEGIN");
    this.#inTransaction = true;
  }

  commit(): void {
    if (this.#inTransaction) this.exec("COMMIT");
    this.#inTransaction = false;
  }

  rollback(): void {
    if (this.#inTransaction) this.exec("ROLLBACK");
    this.#inTransaction = false;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql) as Statement;
      if (this.#statements.size >= KEPT_STATEMENTS) {
        const oldest = this.#statements.keys().next().value;
        if (oldest !== undefined) this.#statements.delete(oldest);
      }
    } else {
      this.#statements.delete(sql);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}

/**
 * Rows for one table, written many to a statement: a call of the driver costs more than a row. A full statement is
 * written at once, the rest by {@link write}.
 */
export class RowWriter {
  readonly #head: string;
  readonly #group: string;
  readonly #width: number;
  readonly #rowsPerStatement: number;
  readonly #full: string;
  #values: SqlValue[] = [];

  constructor(
    private readonly database: Database,
    into: string,
    columns: readonly string[],
  ) {
    this.#width = columns.length;
    this.#head = `INSERT OR REPLACE INTO ${into} (${columns.join(", ")}) VALUES `;
    this.#group = `(${columns.map(() => "?").join(",")})`;
    this.#rowsPerStatement = Math.max(1, Math.floor(800 / this.#width));
    this.#full = this.#statement(this.#rowsPerStatement);
  }

  push(...row: SqlValue[]): void {
    const values = this.#values;
    for (const value of row) values.push(value);
    if (values.length === this.#rowsPerStatement * this.#width) {
      this.database.run(this.#full, values);
      this.#values = [];
    }
  }

  write(): void {
    let values = this.#values;
    this.#values = [];
    // Halves of the full statement, so that leftovers of any size share a few statements.
    for (let rows = this.#rowsPerStatement; rows >= 1 && values.length > 0; rows = Math.floor(rows / 2)) {
      const length = rows * this.#width;
      while (values.length >= length) {
        this.database.run(this.#statement(rows), values.slice(0, length));
        values = values.slice(length);
      }
    }
  }

  clear(): void {
    this.#values = [];
  }

  #statement(rows: number): string {
    return this.#head + Array.from({ length: rows }, () => this.#group).join(",");
  }
}
