/** A table as it is handed over: the names and types of its columns, and its rows. */
export interface TableData {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: "TEXT" | "INTEGER" | "DOUBLE"])[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What the child is asked. */
export interface QueryTask {
  readonly id: number;
  readonly sql: string;
  readonly tables: readonly TableData[];
  readonly limits: { readonly rows: number; readonly bytes: number; readonly cell: number; readonly columns: number };
}

/** What it answers: rows as texts, or why there are none. */
export type QueryAnswer =
  | { readonly id: number; readonly columns: string[]; readonly rows: string[][]; readonly truncated: boolean }
  | { readonly id: number; readonly error: string };

/** As much of the driver as the child needs. */
interface Driver {
  new (
    file: string,
  ): {
    exec(sql: string): void;
    prepare(sql: string): {
      readonly reader: boolean;
      run(values: readonly unknown[]): unknown;
      columns(): { name: string }[];
      raw(): { all(): unknown[][]; iterate(): Iterable<unknown[]> };
    };
    close(): void;
  };
}

/** The end of the pipe that the child holds. */
interface Pipe {
  on(event: "message", listener: (task: QueryTask) => void): void;
  on(event: "disconnect", listener: () => void): void;
  send?(answer: QueryAnswer): void;
  exit(code: number): never;
}

/**
 * What runs in the child process: its text is handed to it, so that it is the same whether the sandbox was compiled or not.
 * It uses nothing of this module, and nothing but what it is given.
 *
 * The driver has functions that write files (`writefile`) and tables that read them (`fsdir`). A statement is run only when
 * its byte code, which says what it will really call, names no function and opens no virtual table but those that are
 * allowed; reading the text for them would miss one spelling or another.
 */
export function serveQueries(Libsql: Driver, pipe: Pipe, allowed: readonly string[], heap: number): void {
  const functions = new Set(allowed);
  const harmless = ["json_each('[]')", "json_tree('[]')"];

  function virtualTables(program: unknown[][]): string[] {
    return program.flatMap((step) => (step[1] === "VOpen" || step[1] === "VCreate" ? [String(step[5])] : []));
  }

  function refusal(db: InstanceType<Driver>, sql: string): string | undefined {
    const program = db.prepare(`EXPLAIN ${sql}`).raw().all();
    for (const step of program) {
      const name = /^([^\s()]+)\(-?\d+\)$/.exec(String(step[5]))?.[1]?.toLowerCase();
      const calls = /^(Pure)?Func|^Agg/.test(String(step[1]));
      if (calls && name !== undefined && !functions.has(name)) return `no such function: ${name}`;
    }
    const opened = virtualTables(program);
    if (opened.length === 0) return undefined;
    // A virtual table is known by where it lies, which is the same throughout a connection.
    const known = harmless.flatMap((each) => virtualTables(db.prepare(`EXPLAIN SELECT * FROM ${each}`).raw().all()));
    return opened.every((each) => known.includes(each)) ? undefined : "no such table";
  }

  function answer({ id, sql, tables, limits }: QueryTask): QueryAnswer {
    const db = new Libsql(":memory:");
    try {
      db.exec(`PRAGMA temp_store = 2; PRAGMA cache_size = -8192;`);
      db.prepare(`PRAGMA hard_heap_limit = ${heap}`).raw().all();
      for (const { name, columns, rows } of tables) {
        db.exec(`CREATE TABLE "${name}" (${columns.map(([column, type]) => `"${column}" ${type}`).join(", ")})`);
        const values = columns.map((_, at) => `json_extract(value, '$[${at}]')`).join(", ");
        const insert = db.prepare(`INSERT INTO "${name}" SELECT ${values} FROM json_each(?)`);
        for (let from = 0; from < rows.length; from += 2_000)
          insert.run([JSON.stringify(rows.slice(from, from + 2_000))]);
      }
      db.exec("PRAGMA query_only = 1; PRAGMA trusted_schema = 0;");
      const asked = db.prepare(sql);
      if (!asked.reader) return { id, error: "only SELECT statements can be run" };
      const names = asked.columns().map(({ name }) => name);
      if (names.length > limits.columns) return { id, error: `too many columns: ${limits.columns} are the most` };
      const places = names.map((_, at) => `c${at}`);
      const cut = places.map(
        (c) => `CASE WHEN length(${c}) > ${limits.cell} THEN substr(${c}, 1, ${limits.cell}) ELSE ${c} END`,
      );
      // Cut where the values are still the database's own: the driver would copy each of them whole.
      const bounded = `WITH "the answer"(${places.join(", ")}) AS (${sql}\n) SELECT ${cut.join(", ")} FROM "the answer" LIMIT ${limits.rows + 1}`;
      const refused = refusal(db, sql) ?? refusal(db, bounded);
      if (refused !== undefined) return { id, error: refused };
      const rows: string[][] = [];
      let bytes = 0;
      let truncated = false;
      for (const row of db.prepare(bounded).raw().iterate()) {
        const texts = row.map((value) => {
          if (value === null || value === undefined) return "";
          return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value);
        });
        for (const text of texts) bytes += text.length;
        if (rows.length >= limits.rows || bytes > limits.bytes) {
          truncated = true;
          break;
        }
        rows.push(texts);
      }
      return { id, columns: names, rows, truncated };
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) };
    } finally {
      db.close();
    }
  }

  pipe.on("message", (task) => pipe.send?.(answer(task)));
  pipe.on("disconnect", () => pipe.exit(0));
}
