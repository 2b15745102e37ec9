import type { ObjectKind } from "../../domain/index.js";
import type { Collection } from "../../store/collection.js";
import type { Store } from "../../store/index.js";
import type { Right } from "../rights.js";
import type { Fields, RecordOf } from "./field.js";

/** A kind of objects: what its path is called, what it consists of, and who may read it. */
export interface Kind<F extends Fields = Fields> {
  /** As in paths: `fileCatalog`. */
  readonly name: string;
  /** The {@link ObjectKind} that it is kept as. */
  readonly kept: string;
  readonly fields: F;
  readonly view: Right;
  /** The first version that has it. */
  readonly since?: 8;
  /** Of the objects that are kept together, those that are listed: a condition over a row of `object` by its alias. */
  readonly listed?: (row: string) => string;
}

/** What a kind is declared by; without `kept` it is kept as `protection_` and its name. */
export function kind<F extends Fields>(
  name: string,
  fields: F,
  options: Omit<Kind, "name" | "fields" | "kept"> & { kept?: string },
): Kind<F> {
  return { kept: `protection_${name}`, ...options, name, fields };
}

/** The objects of a kind, as they are kept. */
export function recordsOf<F extends Fields>(store: Store, { kept }: Kind<F>): Collection<RecordOf<F>> {
  // Each kind is declared in ObjectRecords beside its fields.
  return store.collection(kept as ObjectKind) as unknown as Collection<RecordOf<F>>;
}
