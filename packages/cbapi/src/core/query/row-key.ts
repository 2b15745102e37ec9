import { CbApiError } from "../errors.js";
import type { Document, Key } from "../model/document.js";
import type { ModelClass } from "../model/model.js";

/** The key of the object that a row is about, in its normal form; `undefined` when the row names none. */
export function keyOfRow(model: ModelClass, document: Document): Key | undefined {
  const key = model.keyIn(document);
  if (key === undefined) return undefined;
  try {
    return model.normaliseKey(key);
  } catch (error) {
    if (error instanceof CbApiError) return undefined;
    throw error;
  }
}
