/** A document of the server, or the part of one that is known so far. */
export type PartialDocument = Readonly<Record<string, unknown>>;

/**
 * How events reach the objects that they name. Reading a join asks the server for nothing by itself; what is returned
 * decides when it does.
 *
 * `B` stands for a binary, `P` for another process, `S` for the process that the events are of.
 */
export interface EventJoins<B = unknown, P = unknown, S = unknown> {
  /** The process whose events these are. */
  readonly parent: S;
  /** The binary with this MD5 (upper case), of which `partial` is known already. */
  binary(md5: string, partial: PartialDocument | undefined): B;
  /**
   * The process with this id (a GUID without segment), of which `partial` is known already. A suppressed process was
   * filtered by its sensor: the server has no document of its own for it.
   */
  process(id: string, partial: PartialDocument | undefined, suppressed: boolean): P;
}

/** What the events of one document have in common. */
export interface EventSource<B = unknown, P = unknown, S = unknown> {
  readonly joins: EventJoins<B, P, S>;
  /** The fields of the process whose events these are. */
  readonly process: PartialDocument;
  /** What the document tells of binaries, by MD5 in upper case. */
  readonly binaries: PartialDocument;
}

/** The text of a field, or `undefined` when it has none. */
export function textOf(document: PartialDocument, field: string): string | undefined {
  const value = document[field];
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

export function isDocument(value: unknown): value is PartialDocument {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
