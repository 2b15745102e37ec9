import type { Document } from "./document.js";

/** What is declared once about a model, beside its fields. */
export interface ModelSpec {
  /** The name that errors, printing and the field tables use. */
  readonly name: string;
  /** The route of the collection; one object is read at `path/key`. */
  readonly path: string;
  /** The field that identifies an object. */
  readonly key: string;
  /** Where no single field does: the key as documents give it, a text. The field named by `key` is then one like any other. */
  readonly keyOf?: (document: Document) => string | undefined;
  /** Whether the caller names the key of a new object, so that it is sent along. */
  readonly ownKey?: boolean;
  /** Why none can be read by its key, where the server has no route for that: whoever reads one is told so. */
  readonly unreadable?: string;
  /** Fields that the server lets a caller change. A model without any is read-only. */
  readonly writable?: readonly string[];
  /** Whether names that are not declared can be set as well: not all fields of such objects are known. */
  readonly open?: boolean;
  /** Whether `create()` makes new ones. */
  readonly creatable?: boolean;
  /** Whether `delete()` removes them; by default those that can be created. */
  readonly deletable?: boolean;
  /**
   * What an update sends: the whole `document`, which is read again first when it is not fresh so that it does not undo
   * what others changed; the `changes` alone; or `key and changes`. Default `document`.
   */
  readonly update?: "document" | "changes" | "key and changes";
  /**
   * For how long a document that was read is what the server has, in milliseconds, when it, or a part of it, is sent back.
   * Default 10,000.
   */
  readonly freshFor?: number;
  /**
   * Fields that must be there before an object is saved. Where updates send changes, one that is there already may lack
   * some: only clearing one is refused.
   */
  readonly required?: readonly string[];
  /** The first version of the server that has such objects, as `[8, 0]`. Nothing is asked of an older one. */
  readonly minimumVersion?: readonly [major: number, minor: number];
  /** `document` prints the fields in the server's order under a console link; the default is the table of changes. */
  readonly printAs?: "document" | "table";
  /** Computed properties that a list of such objects can be narrowed and ordered by, as by its fields. */
  readonly listedBy?: readonly string[];
  /** Methods that need only the object's key when they are taken through a `Ref`. */
  readonly keyOnly?: readonly string[];
}
