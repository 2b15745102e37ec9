import { invalidArgument } from "../../core/invalid-argument.js";
import { Comparison } from "../../core/query/terms.js";

/**
 * A value of a term that asks for bits: all of these are set in the field.
 * @example cb.select(Computer).where({ syncFlags: allBits(0x10) })
 * @throws CbApiError with code `INVALID_ARGUMENT` when `bits` is no whole number from 1 on
 */
export function allBits(bits: number): Comparison {
  return new Comparison("+", checkedBits("allBits", bits));
}

/**
 * A value of a term that asks for bits: none of these is set in the field.
 * @example cb.select(FileCatalog).where({ fileFlags: noBits(0x1 | 0x4000000) })
 * @throws CbApiError with code `INVALID_ARGUMENT` when `bits` is no whole number from 1 on
 */
export function noBits(bits: number): Comparison {
  return new Comparison("-", checkedBits("noBits", bits));
}

function checkedBits(name: string, bits: number): number {
  // Ask for no bit at all, and every row matches: a flag that was mistyped must not do that.
  if (Number.isSafeInteger(bits) && bits > 0) return bits;
  throw invalidArgument(`${name}() takes the bits as a whole number from 1 on, got ${String(bits)}`);
}
