import { type DateTimeField, type Field, t } from "../../../core/model/fields.js";
import { Model } from "../../../core/model/model.js";

/** A moment that the server writes as whole seconds since 1970: a `Date` here; written as one, or as seconds. */
export interface SecondsField extends Field<Date, Date | number> {}

/** @internal */
export const seconds: SecondsField = {
  ...(t.dateTime() as DateTimeField),
  kind: "date-time",
  decode: (raw) => {
    const epoch = typeof raw === "number" || (typeof raw === "string" && /^-?\d{1,11}$/.test(raw));
    return epoch ? new Date(Number(raw) * 1000) : t.dateTime().decode(raw);
  },
  encode: (value) => {
    const epoch = value instanceof Date ? Math.floor(value.getTime() / 1000) : value;
    if (Number.isSafeInteger(epoch) && epoch > 0) {
      if (epoch < 100_000_000_000) return epoch;
      throw new TypeError(`expected seconds since 1970, got what must be milliseconds: ${epoch}`);
    }
    throw new TypeError(`expected a Date, or whole seconds since 1970, got ${JSON.stringify(value)}`);
  },
};

/** @internal The document of a model, or a plain document as it is. */
export function documentOf(value: unknown): Record<string, unknown> {
  if (value instanceof Model) return value.toJSON();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`expected an object, got ${JSON.stringify(value)}`);
  }
  return structuredClone(value) as Record<string, unknown>;
}

/** @internal A list of objects, given as models or as plain documents. */
export function documents<D extends object, M extends Model>(): Field<readonly Readonly<D>[], readonly (D | M)[]> {
  const list = t.array(t.object<D>());
  return {
    ...list,
    encode: (values) => {
      if (!Array.isArray(values)) throw new TypeError(`expected a list, got ${JSON.stringify(values)}`);
      return values.map(documentOf);
    },
  } as Field<readonly Readonly<D>[], readonly (D | M)[]>;
}
