import { addTo } from "../../../core/groups.js";
import { Completeness, type Document } from "../../../core/model/document.js";
import type { Moment } from "../../../core/model/history.js";
import type { ModelHost } from "../../../core/model/host.js";
import { bindJoin } from "../../../core/model/joins.js";
import { type AnyModel, classOf, Model, type ModelClass } from "../../../core/model/model.js";
import { sharedFrom } from "../../../core/model/ref-source.js";
import type { Relation } from "../../../core/model/relations.js";
import { usableKey } from "../../../core/query/row-key.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { connectedTo } from "../../host.js";
import { conditionBatches } from "../../queries/batches.js";
import type { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { fetchByIds } from "../many.js";
import { byHash, byHashField, catalogued, findAmong, hashesOf } from "./catalog-search.js";
import { FileCatalog } from "./file-catalog.js";
import { FileInstance } from "./file-instance.js";
import { FileInstanceDeleted } from "./file-instance-deleted.js";
import { type FilePlace, FileWhereabouts, type FormerFilePlace } from "./whereabouts.js";

/** How a file is searched for on all computers. */
export interface WhereIsOptions extends CallOptions {
  /**
   * Whether the places are looked up as well where it was and is no longer. Left out: of files that are on no computer now.
   */
  readonly former?: boolean | undefined;
}

/** Searches all computers for files of these hashes, which are in lower case and come once each. */
export async function whereAre(
  client: ModelHost,
  hashes: readonly string[],
  { former, ...options }: WhereIsOptions,
): Promise<FileWhereabouts[]> {
  const search = new PlaceSearch(client, options);
  const { cb_server_version: version } = await connectedTo(client, options);
  if (version?.atLeast(8, 0) === true) await search.expanded(hashes);
  else await search.stepwise(hashes);
  const places = search.places();
  const files = byHash(search.files.values());
  const gone = [...search.files.keys()].filter((id) => former ?? places.get(id) === undefined);
  const before = former === false ? undefined : await search.former(gone);
  return hashes.map((hash) => search.about(hash, files.get(hash) ?? [], places, former, before));
}

/** Searches all computers for one file of the catalogue. */
export async function whereIsFile(file: FileCatalog, { former, ...options }: WhereIsOptions): Promise<FileWhereabouts> {
  const { client } = Model.stateOf(file);
  const search = new PlaceSearch(client, options);
  search.files.set(file.id, file);
  const { cb_server_version: version } = await connectedTo(client, options);
  const query = FileInstance.query(client).where(`fileCatalogId:${file.id}`);
  await search.read(version?.atLeast(8, 0) === true ? query.expand("computerId") : query);
  const places = search.places();
  const wanted = former ?? places.size === 0;
  const before = wanted ? await search.former([file.id]) : undefined;
  return search.about(hashesOf(file)[0], [file], places, former, before);
}

type Places = ReadonlyMap<number, readonly FilePlace[]>;
type FormerPlaces = ReadonlyMap<number, readonly FormerFilePlace[]>;

/** One search for places: what it has come by so far. */
class PlaceSearch {
  readonly files = new Map<number, FileCatalog>();
  readonly #client: ModelHost;
  readonly #options: CallOptions;
  readonly #instances = new Map<number, FileInstance>();
  readonly #computers = new Map<number, Computer>();
  readonly #reasons = new Set<string>();

  constructor(client: ModelHost, options: CallOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** From 8.0 on: one search gives the places with their computers and files; only what is nowhere takes another. */
  async expanded(hashes: readonly string[]): Promise<void> {
    for (const [field, all] of byHashField(hashes)) {
      for (const some of conditionBatches(all)) {
        const query = FileInstance.query(this.#client).where(`fileCatalogId_${field}:${some.join("|")}`);
        await this.read(query.expand("fileCatalogId", "computerId"));
      }
    }
    const found = byHash(this.files.values());
    await this.#catalogue(hashes.filter((hash) => !found.has(hash)));
  }

  /** Before 8.0: the catalogue first, then the places, then their computers. */
  async stepwise(hashes: readonly string[]): Promise<void> {
    await this.#catalogue(hashes);
    for (const some of conditionBatches(this.files.keys())) {
      await this.read(FileInstance.query(this.#client).where(`fileCatalogId:${some.join("|")}`));
    }
  }

  /** Reads all rows of a query, page by page, and takes what comes along with them. */
  async read(query: ProtectionQuery<FileInstance>): Promise<void> {
    const { identityMap } = this.#client;
    const pages = query.pages(this.#options);
    for (let asked = identityMap.moment(); ; asked = identityMap.moment()) {
      const page = await pages.next();
      if (page.done === true) break;
      const { items } = page.value;
      for (const instance of items) {
        this.#take(instance, "fileCatalogId", FileCatalog, this.files, asked);
        this.#take(instance, "computerId", Computer, this.#computers, asked);
        this.#instances.set(instance.id, instance);
      }
      await this.#complete(items, "computerId", Computer, this.#computers);
      await this.#complete(items, "fileCatalogId", FileCatalog, this.files);
    }
    this.#note(pages.report().reasons);
  }

  /** Where files were, by their ids. */
  async former(ids: readonly number[]): Promise<FormerPlaces> {
    const query = FileInstanceDeleted.query(this.#client).sort("id ASC");
    const { rows, reasons } = await findAmong(query, "fileCatalogId", ids, this.#options);
    this.#note(reasons);
    await this.#complete(rows, "computerId", Computer, this.#computers);
    return grouped(rows, (deleted) => {
      const computer = this.#computers.get(deleted.computerId ?? 0);
      if (computer !== undefined) bind(deleted, "computer", computer);
      return { deleted, computer };
    });
  }

  /** The places that were found, by the ids of their files. */
  places(): Places {
    let homeless = 0;
    const places = grouped([...this.#instances.values()], (instance) => {
      const computer = this.#computers.get(instance.computerId ?? 0);
      const file = this.files.get(instance.fileCatalogId ?? 0);
      if (computer !== undefined) bind(instance, "computer", computer);
      if (file === undefined) {
        homeless++;
        return undefined;
      }
      bind(instance, "fileCatalog", file);
      return { instance, computer, file };
    });
    if (homeless > 0) this.#note([`${homeless} places are of files that the catalogue does not have (any more)`]);
    return places;
  }

  about(
    hash: string | undefined,
    files: readonly FileCatalog[],
    places: Places,
    former: boolean | undefined,
    before: FormerPlaces | undefined,
  ): FileWhereabouts {
    const own = files.flatMap(({ id }) => places.get(id) ?? []);
    const isAsked = former ?? (own.length === 0 && files.length > 0);
    return new FileWhereabouts({
      ...{ hash, files, places: own, reasons: [...this.#reasons] },
      former: isAsked ? files.flatMap(({ id }) => before?.get(id) ?? []) : undefined,
    });
  }

  async #catalogue(hashes: readonly string[]): Promise<void> {
    const { rows, reasons } = await catalogued(this.#client, hashes, this.#options);
    for (const file of rows) this.files.set(file.id, file);
    this.#note(reasons);
  }

  /** The object that came along with a row. */
  #take<M extends AnyModel>(row: FileInstance, key: string, cls: ModelClass<M>, kept: Map<number, M>, asked: Moment) {
    const id = idIn(row, key);
    if (id === undefined || kept.has(id)) return;
    const document = expandedIn(row, `${key}_`);
    if (document === undefined || usableKey(cls, document["id"] as number) !== id) return;
    const entry = this.#client.identityMap.seed(cls, id, document, Completeness.row, undefined, asked);
    kept.set(id, sharedFrom(this.#client, cls, id, entry) as M);
  }

  /** Asks for the objects of rows that came without them, as they are now. */
  async #complete<M extends AnyModel>(
    rows: readonly AnyModel[],
    key: string,
    cls: ModelClass<M>,
    kept: Map<number, M>,
  ) {
    const ids = new Set(rows.flatMap((row) => idIn(row, key) ?? []));
    const missing = [...ids].filter((id) => !kept.has(id));
    if (missing.length === 0) return;
    const { identityMap } = this.#client;
    const asked = identityMap.moment();
    const found = await fetchByIds(this.#client, cls, missing, this.#options);
    for (const [id, { document }] of found) {
      const entry = identityMap.seed(cls, id, document, Completeness.full, undefined, asked);
      kept.set(Number(id), sharedFrom(this.#client, cls, id, entry) as M);
    }
  }

  #note(reasons: readonly string[]): void {
    for (const reason of reasons) this.#reasons.add(reason);
  }
}

/** The id that a row names; `undefined` where it names none. */
function idIn(row: AnyModel, key: string): number | undefined {
  const id = row.get(key);
  return typeof id === "number" && id !== 0 ? id : undefined;
}

/** The fields of another object among those of a row; `undefined` where they did not come along. */
function expandedIn(row: AnyModel, prefix: string): Document | undefined {
  const { document } = Model.stateOf(row);
  if (typeof document[`${prefix}id`] !== "number") return undefined;
  const own = Object.entries(document).filter(([name]) => name.startsWith(prefix));
  return Object.freeze(Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])));
}

/** Fixes a join to an object that is here already. */
function bind(owner: AnyModel, name: string, joined: AnyModel): void {
  bindJoin(owner, name, Reflect.get(classOf(owner).record, name) as Relation<AnyModel, undefined>, joined);
}

/** What is made of rows, by the ids of their files. */
function grouped<R extends FileInstance | FileInstanceDeleted, T>(
  rows: readonly R[],
  make: (row: R) => T | undefined,
): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const made = make(row);
    if (made !== undefined) addTo(groups, row.fileCatalogId ?? 0, made);
  }
  return groups;
}
