import { HttpProblem } from "../../server/product.js";
import { atOnce, inSlices, type Steps } from "../../steps.js";
import { FILE_INSTANCE, KINDS, POLICY, recordsOf, stored } from "../objects/index.js";
import { writePast } from "./activity.js";
import { type IntakeParts, takeIn } from "./intake.js";
import { writeServerConfig } from "./server.js";
import { writeSettings } from "./settings.js";
import { ObjectWriter } from "./writer.js";

/** What the objects follow from. */
export interface DataParts extends IntakeParts {
  readonly version: string;
  readonly url: () => string;
}

declare module "../../domain/objects.js" {
  interface InternalRecords {
    /** Kept by 1: there as soon as somebody has wanted the objects. */
    protection_made: {
      id: number;
      /** Whether all of them have been made. */
      complete: boolean;
      /** What was there before, by kind and key: put there by somebody. */
      before: [kind: string, key: number][];
    };
  }
}

const THE_ONLY = 1;
const KEPT = [...new Set([...KINDS.values()].map(({ kept }) => kept))];
const OURS = `kind IN (${KEPT.map((kept) => `'${kept}'`).join(", ")})`;

/** Indexes of the one kind that has very many objects. */
const INDEXES = (["fileCatalogId", "computerId"] as const).map(
  (field) =>
    `CREATE INDEX IF NOT EXISTS protection_instance_${field} ON object (${stored("object", field).replace("object.", "")})
     WHERE kind = '${FILE_INSTANCE.kept}'`,
);

/** The objects of the product: made from what the organisation has when they are first wanted, and carried on from then. */
export class ProtectionData {
  readonly #parts: DataParts;
  readonly #end = new AbortController();
  #making: Promise<void> | undefined;
  #ready = false;
  #seen = "";

  constructor(parts: DataParts) {
    this.#parts = parts;
    for (const kept of KEPT) parts.store.collection(kept as "protection_computer");
  }

  /** Whether all objects are there, because somebody has wanted them. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Resolves when the objects that are being made have been made; undefined where none are. */
  get making(): Promise<void> | undefined {
    return this.#making;
  }

  /** Makes the objects, unless they are there. Others have their turn meanwhile, and all who want them wait for the same. */
  ensure(): Promise<void> {
    if (this.#ready) return Promise.resolve();
    this.#making ??= inSlices(this.#all(), this.#end.signal).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Gives up what is being made; resolves when it has. */
  async close(): Promise<void> {
    this.#end.abort(new HttpProblem(503, "The server is being shut down"));
    await this.#making?.catch(() => {});
  }

  /** Takes in what has become known of endpoints and files since: imported, or started by somebody. */
  adopt(): void {
    if (!this.#ready) return;
    const seen = this.#state();
    if (seen === this.#seen) return;
    this.#seen = seen;
    const { store } = this.#parts;
    store.transaction(() => atOnce(takeIn(this.#parts, new ObjectWriter(store), true)));
  }

  /** How much there is of what objects are made of. */
  #state(): string {
    const row = this.#parts.store.database.first<{ state: string }>(
      `SELECT json_array((SELECT max(doc) FROM binary), (SELECT count(*) FROM binary_host), (SELECT count(*) FROM sensor)) AS state`,
    );
    return row?.state ?? "";
  }

  *#all(): Steps<void> {
    const { store, start, version, url } = this.#parts;
    const made = store.internal("protection_made");
    if (made.get(THE_ONLY)?.complete !== true) {
      // What is added while others have their turn is taken in behind.
      this.#seen = this.#state();
      const before = this.#clear();
      made.put(THE_ONLY, { id: THE_ONLY, complete: false, before });
      yield* this.#make();
      made.put(THE_ONLY, { id: THE_ONLY, complete: true, before: [] });
    }
    writeServerConfig(store, new ObjectWriter(store), start, version, url());
    for (const index of INDEXES) {
      yield;
      store.database.exec(index);
    }
    this.#ready = true;
    this.adopt();
  }

  /** Removes what was made and given up on the way; leaves, and returns, what was there before. */
  #clear(): [kind: string, key: number][] {
    const { store } = this.#parts;
    const begun = store.internal("protection_made").get(THE_ONLY);
    if (begun === undefined) {
      const rows = store.database.all<{ kind: string; key: number }>(`SELECT kind, key FROM object WHERE ${OURS}`);
      return rows.map(({ kind, key }) => [kind, key]);
    }
    store.change(
      `DELETE FROM object WHERE ${OURS}
       AND (kind, key) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`,
      [JSON.stringify(begun.before)],
    );
    return begun.before;
  }

  *#make(): Steps<void> {
    const { store, start, seed } = this.#parts;
    const writer = new ObjectWriter(store);
    const users = store.collection("user").all();
    writeSettings({ writer, start, users });
    const made = yield* takeIn(this.#parts, writer, false);
    const names = recordsOf(store, POLICY).all();
    yield* writePast({
      ...{ writer, seed: String(seed), start, computers: made.computers, instances: made.instances },
      policyNames: new Map(names.map(({ id, name }) => [id, name ?? ""])),
      file: (id) => made.files.get(id),
    });
  }
}
