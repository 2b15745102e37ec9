import { invalidArgument } from "../core/invalid-argument.js";
import { asDocument } from "../core/model/model.js";
import { sendWrite } from "../core/model/write.js";
import { Execution } from "../core/query/execution.js";
import type { Results } from "../core/query/query.js";
import type { ExecutionPlan, RowSource } from "../core/query/row-source.js";
import { clauseOf, type QueryInput } from "../core/query/terms.js";
import type { CallOptions, QueryValue } from "../core/transport/types.js";
import type { ProtectionHost } from "./host.js";
import { pathOf } from "./paths.js";
import { PAGE_SIZE, pagesOf, type Selection } from "./queries/fetch-pages.js";
import { countIn, isByKey, keyFieldOf } from "./queries/rows.js";
import { filterDialect } from "./query-language/filter.js";
import { anyField } from "./query-language/filter-fields.js";

/** An object as the server sends it. */
export type OpenDocument = Readonly<Record<string, unknown>>;

/** Which objects to list. */
export interface OpenFilter extends CallOptions {
  /** Conditions, all of which must hold: in the server's language, as terms, or as `Q(...)`. */
  readonly where?: QueryInput | readonly QueryInput[] | undefined;
  /** Foreign keys whose objects come along, as `computerId_name` and so on (8.0 and later). */
  readonly expand?: readonly string[] | undefined;
}

/** How to list objects. */
export interface OpenListOptions extends OpenFilter {
  /** `"name ASC"`; by default `id` where more than one page may be read; empty text for objects that have no id. */
  readonly sort?: string | undefined;
  /** The first row that is wanted, counted from 0. */
  readonly start?: number | undefined;
  /** How many rows at most; all of them by default. */
  readonly limit?: number | undefined;
  /** Rows asked for at a time; 1000 by default. */
  readonly batchSize?: number | undefined;
}

/** How to write an object. */
export interface OpenWriteOptions extends CallOptions {
  /** Parameters that some changes need: `{ changeDiagnostics: true }`. */
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
}

const dialect = filterDialect(anyField);

/**
 * Any kind of object that an App Control server has, by its name, as plain documents: what is sent and what comes back is
 * not looked into. Made by `client.object(name)`. Documents that `select()` has kept do not learn of what is written here.
 */
export class OpenObject {
  /** Where the server has these objects. */
  readonly path: string;
  readonly #host: ProtectionHost;

  /** @internal */
  constructor(host: ProtectionHost, name: string) {
    if (typeof name !== "string" || !/^[a-z]\w*$/i.test(name)) {
      throw invalidArgument(
        `object() takes the name of a kind of object, such as "appInstance", got ${JSON.stringify(name)}`,
      );
    }
    this.path = pathOf(name);
    this.#host = host;
  }

  /** The objects, page by page: `GET name?q=...&limit=...&offset=...`. `report()` of the iterator tells whether they were all. */
  iterate(options: OpenListOptions = {}): Execution<OpenDocument> {
    const { sort, start = 0, limit, batchSize = PAGE_SIZE, signal, timeout } = options;
    for (const [name, number, least] of [
      ["start", start, 0],
      ["limit", limit ?? 0, 0],
      ["batchSize", batchSize, 1],
    ] as const) {
      if (!Number.isInteger(number) || number < least) {
        throw invalidArgument(`${name} wants a whole number from ${least} on, got ${number}`);
      }
    }
    const totalOrder = isByKey(this.path, sort);
    const plan = { start, limit, pageSize: batchSize, totalOrder, signal, timeout };
    return new Execution(this.#rows({ path: this.path, parameters: parametersOf(options), sort }, plan), plan);
  }

  /** The objects as a list, with a `report()`: see {@link OpenObject.iterate}. */
  async list(options: OpenListOptions = {}): Promise<Results<OpenDocument>> {
    const reading = this.iterate(options);
    const rows: OpenDocument[] = [];
    for await (const row of reading) rows.push(row);
    return Object.defineProperty(rows, "report", { value: () => reading.report() }) as Results<OpenDocument>;
  }

  /** How many there are: `GET name?limit=-1`. */
  async count(options: OpenFilter = {}): Promise<number> {
    const query = { ...parametersOf(options), limit: -1 };
    return countIn(await this.#host.getObject(this.path, query, callOf(options)), this.path);
  }

  /**
   * One object: `GET name/id`.
   * @throws ObjectNotFoundError when the server has no such object
   */
  async get(id: number | string, options: CallOptions = {}): Promise<OpenDocument> {
    return asDocument(await this.#host.getObject(this.#at(id), undefined, callOf(options)), this.path, id);
  }

  /**
   * Creates an object, or changes the one whose id the document names: `POST name`.
   * @returns what the server answers; `undefined` when it answers nothing
   * @throws ServerError when the answer says that it was refused
   */
  create(document: OpenDocument, options: OpenWriteOptions = {}): Promise<OpenDocument | undefined> {
    return this.#write("POST", this.path, options, document);
  }

  /**
   * Changes an object: `PUT name/id` with these fields and the id.
   * @returns what the server answers; `undefined` when it answers nothing
   * @throws ObjectNotFoundError when the server has no such object; ServerError when the answer says that it was refused
   */
  update(
    id: number | string,
    changes: OpenDocument,
    options: OpenWriteOptions = {},
  ): Promise<OpenDocument | undefined> {
    return this.#write("PUT", this.#at(id), options, { id, ...changes });
  }

  /**
   * Deletes an object: `DELETE name/id`.
   * @throws ObjectNotFoundError when the server has no such object
   */
  async delete(id: number | string, options: OpenWriteOptions = {}): Promise<void> {
    await this.#write("DELETE", this.#at(id), options);
  }

  async #write(
    method: "POST" | "PUT" | "DELETE",
    path: string,
    options: OpenWriteOptions,
    body?: OpenDocument,
  ): Promise<OpenDocument | undefined> {
    const pairs = Object.entries(options.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
    const query = pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
    const answer = await sendWrite(this.#host, { method, path: path + query, body }, callOf(options));
    return typeof answer === "object" && answer !== null ? (answer as OpenDocument) : undefined;
  }

  #at(id: number | string): string {
    if (id === "") throw invalidArgument("the id of an object is a number or a text, got an empty one");
    return `${this.path}/${encodeURIComponent(id)}`;
  }

  #rows(selection: Selection, plan: ExecutionPlan): RowSource<OpenDocument> {
    const key = keyFieldOf(this.path);
    return {
      fetchPage: pagesOf(this.#host, selection, plan),
      identify: ({ [key]: id }) =>
        typeof id === "number" || typeof id === "string" ? { row: String(id), key: id } : UNNAMED,
      nameless: "no id",
      makeModels: (rows) => rows.map(({ document }) => document),
      filter: undefined,
      maxOffset: Number.POSITIVE_INFINITY,
      seamOf: () => undefined,
      continueFrom: () => undefined,
      beyondCap: () => "narrow the query",
      onTotal: () => {},
    };
  }
}

/** A row without an id is a row all the same, and is told from no other. */
const UNNAMED = { row: undefined, key: "" };

function parametersOf({ where = [], expand = [] }: OpenFilter): Record<string, readonly QueryValue[]> {
  const inputs = Array.isArray(where) ? (where as readonly QueryInput[]) : [where as QueryInput];
  const conditions = inputs.flatMap((input) => clauseOf(dialect, input));
  return {
    ...(conditions.length === 0 ? {} : { q: conditions }),
    ...(expand.length === 0 ? {} : { expand }),
  };
}

function callOf({ signal, timeout }: CallOptions): CallOptions {
  return { signal, timeout };
}
