import { raw } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";
import type { Fields } from "../policies/record.js";
import { DocumentSearch, orderBy, readSort } from "../search/index.js";
import { classicSearched, searched } from "./documents.js";
import { type AlertDialect, CLASSIC, compileSearch, PRESENT } from "./fields.js";
import type { AlertRecord } from "./record.js";

/** An alert with what it is searched by. */
export type Found = Fields & { readonly record: AlertRecord };

/** Searches the alerts, which all routes share. */
export const alertSearchOf = perContext((context) => new AlertSearch(context));

/** Looks alerts up by bodies of either service. What it has read it keeps until anything is written. */
export class AlertSearch {
  readonly #context: CloudContext;
  #changes = -1;
  #records: readonly AlertRecord[] = [];
  readonly #searches = new Map<AlertDialect, DocumentSearch<Fields>>();
  #byDocument = new WeakMap<Fields, AlertRecord>();

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** The alerts that a body asks for, with what they are searched by; in the order that it asks for, or the newest first. */
  find(dialect: AlertDialect, body: Record<string, unknown>): Found[] {
    this.#read();
    const where = compileSearch(dialect, body, this.#context.now());
    const keys = readSort(body["sort"]);
    const order = orderBy(
      keys.length > 0 ? keys : [{ field: dialect.time, descending: true }],
      dialect.fields,
      "json_extract(d.value, '$.id')",
    );
    return this.#find(dialect, where, order);
  }

  /** All of them that a service shows. */
  all(dialect: AlertDialect): Found[] {
    this.#read();
    return this.#find(dialect, raw("1"), raw("d.key"));
  }

  #find(dialect: AlertDialect, where: SqlText, order: SqlText): Found[] {
    const documents = this.#searchIn(dialect).find(where, order);
    return documents.flatMap((document) => {
      const record = this.#byDocument.get(document);
      return record === undefined ? [] : [{ ...document, record }];
    });
  }

  #searchIn(dialect: AlertDialect): DocumentSearch<Fields> {
    const known = this.#searches.get(dialect);
    if (known !== undefined) return known;
    const documents = this.#records.flatMap((record) => {
      if (dialect === PRESENT && record.shown.type === "VMWARE") return [];
      const document = dialect === CLASSIC ? classicSearched(record) : searched(record);
      this.#byDocument.set(document, record);
      return [document];
    });
    const search = new DocumentSearch(this.#context.store.database, documents);
    this.#searches.set(dialect, search);
    return search;
  }

  #read(): void {
    const { database } = this.#context.store;
    const changes = database.count("SELECT total_changes() AS n");
    if (changes === this.#changes) return;
    const rows = database.all<{ record: string }>(
      "SELECT record FROM object WHERE kind = 'cloud_alert' ORDER BY json_extract(record, '$.number')",
    );
    this.#records = rows.map(({ record }) => JSON.parse(record) as AlertRecord);
    this.#searches.clear();
    this.#byDocument = new WeakMap();
    this.#changes = changes;
  }
}
