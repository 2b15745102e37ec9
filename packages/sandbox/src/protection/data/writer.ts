import type { ObjectKind, ObjectRecords } from "../../domain/index.js";
import type { Store } from "../../store/index.js";

/** Writes objects that are made; what somebody has put there before stays. */
export class ObjectWriter {
  readonly #store: Store;
  readonly #kept = new Map<string, { there: Set<number>; next: number }>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The number of the next object of a kind. */
  next(kind: ObjectKind): number {
    return this.#of(kind).next;
  }

  put<K extends ObjectKind>(kind: K, record: ObjectRecords[K] & { id: number }): void {
    const of = this.#of(kind);
    of.next = Math.max(of.next, record.id + 1);
    if (!of.there.has(record.id)) this.#store.object(kind, record.id, record);
  }

  /** Puts an object under the next number. */
  add<K extends ObjectKind>(kind: K, record: Omit<ObjectRecords[K], "id">): ObjectRecords[K] & { id: number } {
    const whole = { id: this.next(kind), ...record } as unknown as ObjectRecords[K] & { id: number };
    this.put(kind, whole);
    return whole;
  }

  #of(kind: ObjectKind): { there: Set<number>; next: number } {
    const known = this.#kept.get(kind);
    if (known !== undefined) return known;
    const keys = this.#store.database.all<{ key: number }>("SELECT key FROM object WHERE kind = ?", [kind]);
    const made = { there: new Set(keys.map(({ key }) => key)), next: this.#store.collection(kind).nextKey() };
    this.#kept.set(kind, made);
    return made;
  }
}
