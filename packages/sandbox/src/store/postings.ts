import type { Database } from "./database.js";
import { RowWriter } from "./database.js";
import { FIELD_STEP, type Field } from "./schema.js";

/**
 * A posting is packed into one number, field before value before document, so that sorting plain numbers puts them in
 * the order of the table. The three parts share the 53 bits that a number holds exactly.
 */
const DOCUMENTS = 2 ** 23;
const VALUES = 2 ** 24;

/** Postings waiting to be written; many at a time and in the order of the table's key, which appends instead of seeking. */
export class Postings {
  readonly #rows: RowWriter;
  #packed = new Float64Array(1 << 16);
  #size = 0;

  constructor(database: Database) {
    this.#rows = new RowWriter(database, "posting", ["term", "docs"]);
  }

  get size(): number {
    return this.#size;
  }

  add(field: Field, value: number, doc: number): void {
    if (value >= VALUES || doc >= DOCUMENTS) {
      throw new RangeError(`The organisation is too large: more than ${VALUES} texts or ${DOCUMENTS} documents`);
    }
    if (this.#size === this.#packed.length) {
      const larger = new Float64Array(this.#size * 2);
      larger.set(this.#packed);
      this.#packed = larger;
    }
    this.#packed[this.#size] = (field * VALUES + value) * DOCUMENTS + doc;
    this.#size += 1;
  }

  write(): void {
    const sorted = this.#packed.subarray(0, this.#size).sort();
    let term = -1;
    let last = -1;
    let docs = "";
    let count = 0;
    const end = (): void => {
      if (count > 0) this.#rows.push(term, count === 1 ? last : `[${docs}]`);
    };
    for (const packed of sorted) {
      const key = Math.floor(packed / DOCUMENTS);
      const doc = packed - key * DOCUMENTS;
      const next = Math.floor(key / VALUES) * FIELD_STEP + (key % VALUES);
      if (next !== term) {
        end();
        term = next;
        docs = String(doc);
        count = 1;
      } else if (doc !== last) {
        docs += `,${doc}`;
        count += 1;
      }
      last = doc;
    }
    end();
    this.#rows.write();
    this.#size = 0;
  }

  clear(): void {
    this.#rows.clear();
    this.#size = 0;
  }
}
