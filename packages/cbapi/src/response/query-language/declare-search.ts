import { ApiError } from "../../core/errors.js";
import { nearestNames } from "../../core/query/nearest.js";
import type { Dialect, TermValue } from "../../core/query/terms.js";
import { edrDialect } from "./query-language.js";

/** How the server compares a field; see the guide of its query language. */
export type SearchFieldType =
  | "bool"
  | "cmdline"
  | "count"
  | "datetime"
  | "domain"
  | "float"
  | "id"
  | "integer"
  | "ipaddr"
  | "keyword"
  | "md5"
  | "path"
  | "sha256"
  | "sign"
  | "text";

/** A field that a search can name. */
export interface SearchField {
  readonly type: SearchFieldType;
  /** Whether a term that names no field is looked for in this one too. */
  readonly byDefault: boolean;
}

/** Fields by name with their types; with a star behind it, a term that names no field is looked for there too. */
export type DeclaredFields = Readonly<Record<string, SearchFieldType | `${SearchFieldType}*`>>;

/** Terms over fields that are known by name, and over families of fields that are told by a part of their names. */
type FieldTerms<Name extends string, Family extends string> = {
  readonly [K in Name | Exclude<Family, Pattern<Family>>]?: TermValue;
} & { readonly [K in Pattern<Family>]: TermValue };

/** Of some names those that stand for endlessly many: `watchlist_${number}`. */
type Pattern<Name extends string> = Name extends unknown
  ? Record<never, never> extends Record<Name, unknown>
    ? Name
    : never
  : never;

/** Only for types: under this name, the fields of a search know the terms over them. */
declare const terms: unique symbol;

/** The terms over the fields of a search as an object: what its `where` takes. */
export type TermsOf<F> = F extends { readonly [terms]: infer T extends object } ? T : never;

/** The fields that one kind of search knows. `T` is the object of terms over them. */
export class SearchFields<T extends object = object> {
  declare readonly [terms]: T;

  /** What is searched for, as errors name it. */
  readonly of: string;
  /** The fields by name, without those that stand for a watchlist, a feed, or a related binary. */
  readonly fields: Readonly<Record<string, SearchField>>;
  /** @internal The query language, with terms over these fields only. */
  readonly dialect: Dialect;
  readonly #families: (name: string) => boolean;

  /** @internal Made by {@link declareSearch}. */
  constructor(of: string, fields: DeclaredFields, families: (name: string) => boolean = () => false) {
    this.of = of;
    this.fields = Object.freeze(
      Object.fromEntries(Object.entries(fields).map(([name, declared]) => [name, fieldOf(declared)])),
    );
    this.#families = families;
    this.dialect = { ...edrDialect, term: (field, value) => edrDialect.term(this.checked(field), value) };
  }

  /** Whether a search can name this field. */
  has(name: string): boolean {
    return Object.hasOwn(this.fields, name) || this.#families(name);
  }

  /**
   * The name itself.
   * @throws ApiError naming the nearest fields when the search knows none of this name
   */
  checked(name: string): string {
    if (this.has(name)) return name;
    const near = nearestNames(name, Object.keys(this.fields));
    const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", or ")}?`;
    throw new ApiError(
      `${this.of} searches have no field ${JSON.stringify(name)}.${hint} A field that only a newer server knows can be named in query text: where("field:value")`,
      { code: "UNKNOWN_FIELD" },
    );
  }
}

/**
 * The fields of a search, declared once: from them come the check of terms and, as {@link TermsOf}, their type.
 * @param of what is searched for
 * @param families tells the names that stand in no table, such as `watchlist_12`
 * @example
 * const fields = declareSearch("QuarantinedFile", { id: "integer", path: "path*", status: "keyword*" });
 * type QuarantinedFileTerms = TermsOf<typeof fields>;
 */
export function declareSearch<const D extends DeclaredFields, Family extends string = never>(
  of: string,
  fields: D,
  families?: (name: string) => name is Family,
): SearchFields<FieldTerms<keyof D & string, Family>> {
  return new SearchFields(of, fields, families);
}

function fieldOf(declared: string): SearchField {
  const byDefault = declared.endsWith("*");
  return Object.freeze({ type: (byDefault ? declared.slice(0, -1) : declared) as SearchFieldType, byDefault });
}
