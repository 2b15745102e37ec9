import { InvalidHashError } from "../../../core/errors.js";
import { isHash } from "../fields.js";

/** The fields of a file in the catalogue that hold a hash of it. */
export type HashField = "md5" | "sha1" | "sha256";

const FIELDS: Readonly<Record<number, HashField>> = { 32: "md5", 40: "sha1", 64: "sha256" };

/**
 * The hash, in lower case.
 * @param what what it was given for, as the error names it: `FileRule.ban`
 * @throws InvalidHashError when the text is no MD5, SHA-1 or SHA-256
 */
export function checkedHash(text: unknown, what: string): string {
  if (typeof text === "string" && isHash(text)) return text.toLowerCase();
  throw new InvalidHashError(`${what}: ${shown(text)} is no hash of a file. ${EXPECTED}`);
}

/**
 * The hashes, in lower case and each once.
 * @throws InvalidHashError naming the texts that are no MD5, SHA-1 or SHA-256
 */
export function checkedHashes(texts: Iterable<unknown>, what: string): string[] {
  const list = typeof texts === "string" ? [texts] : [...texts];
  const wrong = list.filter((text) => typeof text !== "string" || !isHash(text));
  if (wrong.length > 0) {
    const some = wrong.slice(0, 5).map(shown).join(", ");
    const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : "";
    throw new InvalidHashError(`${what}: ${some}${more} cannot be a hash of a file. ${EXPECTED}`);
  }
  return [...new Set((list as string[]).map((text) => text.toLowerCase()))];
}

/** The field of the catalogue that a hash is looked for in. */
export function hashFieldOf(hash: string): HashField {
  return FIELDS[hash.length] ?? "md5";
}

const EXPECTED = "An MD5 (32), a SHA-1 (40) or a SHA-256 (64 hexadecimal digits) is expected";

/** A text that is no hash may be long: the beginning tells which it is. */
function shown(text: unknown): string {
  const whole = typeof text === "string" ? JSON.stringify(text) : String(text);
  return whole.length > 70 ? `${whole.slice(0, 67)}...` : whole;
}
