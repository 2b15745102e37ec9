import { CbApiError } from "../errors.js";
import type { Document, Key } from "../model/document.js";
import type { ModelClass } from "../model/model.js";

/** The key of the object that a row is about, in its normal form; `undefined` when the row names none. */
export function keyOfRow(model: ModelClass, document: Document): Key | undefined {
  const key = model.keyIn(document);
  return key === undefined ? undefined : usableKey(model, key);
}

/** A key in its normal form; `undefined` when it can be none. */
export function usableKey(model: ModelClass, key: Key): Key | undefined {
  try {
    return model.normaliseKey(key);
  } catch (error) {
    if (error instanceof CbApiError) return undefined;
    throw error;
  }
}
