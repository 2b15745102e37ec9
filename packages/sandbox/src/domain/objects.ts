/**
 * Objects that are kept whole, by kind: what is set up in the console, and what hunters and responders leave behind. Each
 * kind is declared beside its record, where this interface is opened again: a file that adds a kind changes no other.
 */
export interface ObjectRecords extends InternalRecords {}

/** What the sandbox notes for itself beside the objects: nobody puts such a thing there from outside. */
export interface InternalRecords {
  /** Kept by 1. */
  world: WorldRecord;
}

/** A kind of objects that can be put into an organisation from outside. */
export type ObjectKind = Exclude<keyof ObjectRecords, keyof InternalRecords>;

/** By what an object is kept: by its `id`, or, where its record has none, by what is said besides. */
export type KeyBeside<R> = R extends { id: number | string } ? [] : [key: number | string];

/** Written when an organisation has been made to its end; without it there is only a part of one. */
export interface WorldRecord {
  /** From what the tokens of users follow, so that they stay the same as long as the organisation does. */
  token_key: string;
}
