/**
 * The number that a part of a path is, written as servers write it: no sign, no leading zeros, no more digits than a number
 * holds exactly. Undefined for everything else, which is the id of no object.
 */
export function readId(text = ""): number | undefined {
  const id = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : undefined;
  return id !== undefined && Number.isSafeInteger(id) ? id : undefined;
}
