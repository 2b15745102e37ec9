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
  interface ObjectRecords {
    /** Kept by 1: there as soon as all objects have been made. */
    protection_made: { id: number };
  }
}

/** Indexes of the one kind that has very many objects. */
const INDEXES = (["fileCatalogId", "computerId"] as const).map(
  (field) =>
    `CREATE INDEX IF NOT EXISTS protection_instance_${field} ON object (${stored("object", field).replace("object.", "")})
     WHERE kind = '${FILE_INSTANCE.kept}'`,
);

/** The objects of the product: made from what the organisation has when they are first wanted, and carried on from then. */
export class ProtectionData {
  readonly #parts: DataParts;
  #ready = false;
  #seen = "";

  constructor(parts: DataParts) {
    this.#parts = parts;
    for (const { kept } of KINDS.values()) parts.store.collection(kept as "protection_computer");
    parts.store.collection("protection_made");
  }

  /** Whether anybody has wanted the objects yet. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Makes the objects, unless they are there. */
  ensure(): void {
    if (this.#ready) return;
    const { store, start, version, url } = this.#parts;
    const made = store.collection("protection_made");
    const isNew = made.get(1) === undefined;
    store.transaction(() => {
      if (isNew) this.#make();
      writeServerConfig(store, new ObjectWriter(store), start, version, url());
      store.object("protection_made", 1, { id: 1 });
    });
    for (const index of INDEXES) store.database.exec(index);
    this.#ready = true;
    if (isNew) this.#seen = this.#state();
    else this.adopt();
  }

  /** Takes in what has become known of endpoints and files since: imported, or started by somebody. */
  adopt(): void {
    if (!this.#ready) return;
    const seen = this.#state();
    if (seen === this.#seen) return;
    this.#seen = seen;
    const { store } = this.#parts;
    store.transaction(() => takeIn(this.#parts, new ObjectWriter(store), true));
  }

  /** How much there is of what objects are made of. */
  #state(): string {
    const row = this.#parts.store.database.first<{ state: string }>(
      `SELECT json_array((SELECT max(doc) FROM binary), (SELECT count(*) FROM binary_host), (SELECT count(*) FROM sensor)) AS state`,
    );
    return row?.state ?? "";
  }

  #make(): void {
    const { store, start, seed } = this.#parts;
    const writer = new ObjectWriter(store);
    const users = store.collection("user").all();
    writeSettings({ writer, start, users });
    const made = takeIn(this.#parts, writer, false);
    const names = recordsOf(store, POLICY).all();
    writePast({
      ...{ writer, seed: String(seed), start, computers: made.computers, instances: made.instances },
      policyNames: new Map(names.map(({ id, name }) => [id, name ?? ""])),
      file: (id) => made.files.get(id),
    });
  }
}
