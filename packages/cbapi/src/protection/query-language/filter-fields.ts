import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { Declaration, declaration } from "../../core/model/declaration.js";
import { type Field, isField } from "../../core/model/fields.js";
import type { ModelClass } from "../../core/model/model.js";
import { nearestNames } from "../../core/query/nearest.js";
import type { Terms, TermValue } from "../../core/query/terms.js";

/** The record that a model was declared with. */
type RecordOf<M> = M extends { readonly [declaration]: Declaration<infer R, PropertyKey, PropertyKey> } ? R : never;

/** The names of a model's fields. */
export type FieldName<M> = NameIn<RecordOf<M>>;

type NameIn<R> = { [K in keyof R & string]: R[K] extends Field<infer _T, never> ? K : never }[keyof R & string];

/** The fields of a model that hold the id of another object, as their names say. */
export type ForeignKey<M> = Extract<FieldName<M>, `${string}Id`>;

/** The names that the fields of expanded objects have: `computerId_name`. */
export type ExpandedName<M> = `${ForeignKey<M>}_${string}`;

/** What a field of a model reads as; a field of an expanded object reads as the server sends it. */
export type ValueOf<M, F> = F extends keyof RecordOf<M>
  ? RecordOf<M>[F] extends Field<infer T, never>
    ? T
    : unknown
  : unknown;

/**
 * Conditions on the fields of a model as an object, `{ name: "CORP*", policyId: [5, 7] }`, and on those of the objects
 * whose ids it holds: `{ computerId_name: "PC-1" }`.
 */
export type FilterTerms<M> = [FieldName<M>] extends [never]
  ? Terms
  : { readonly [K in FieldName<M>]?: TermValue } & { readonly [K in ExpandedName<M>]: TermValue };

const NAME = /^\w+$/;

/** The fields that terms may name. */
export class FilterFields {
  readonly #of: string;
  readonly #kinds: ReadonlyMap<string, string>;
  readonly #open: boolean;

  /** @param open whether the server has fields that are not declared, so that any name may be one */
  constructor(of: string, kinds: ReadonlyMap<string, string>, open: boolean) {
    this.#of = of;
    this.#kinds = kinds;
    this.#open = open;
  }

  /** The kind of a field, as far as it is known. */
  kindOf(name: string): string | undefined {
    return this.#kinds.get(name);
  }

  /** The foreign key by which a field of another object is named; `undefined` for a field of the object itself. */
  foreignKeyOf(name: string): string | undefined {
    const [, key] = /^(\w+?Id)_\w/.exec(name) ?? [];
    return key !== undefined && (this.#open || this.#kinds.has(key)) ? key : undefined;
  }

  /**
   * The name itself.
   * @throws ApiError naming the nearest fields when there is none of this name
   */
  checked(name: string): string {
    if (!NAME.test(name)) {
      throw invalidArgument(
        `not a field of an App Control filter: ${JSON.stringify(name)}; names have letters, digits and _`,
      );
    }
    if (this.#open || this.#kinds.has(name) || this.foreignKeyOf(name) !== undefined) return name;
    const near = nearestNames(name, this.#kinds.keys());
    const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", or ")}?`;
    throw new ApiError(
      `${this.#of} has no field ${JSON.stringify(name)}.${hint} A field that only a newer server knows can be named in query text: where("field:value")`,
      { code: "UNKNOWN_FIELD" },
    );
  }
}

/** Any field at all: for objects of which nothing is declared. */
export const anyField = new FilterFields("The object", new Map(), true);

/**
 * The fields of a model.
 * @param open whether the server has others as well
 * @param hidden those whose names the model has for something else
 */
export function filterFieldsOf({ spec, record }: ModelClass, open = false, hidden: object = {}): FilterFields {
  const kinds = [record, hidden].flatMap((declared) =>
    Object.entries(Object.getOwnPropertyDescriptors(declared)).flatMap(([name, { value }]): [string, string][] =>
      isField(value) ? [[name, value.kind]] : [],
    ),
  );
  return new FilterFields(spec.name, new Map(kinds), open);
}
