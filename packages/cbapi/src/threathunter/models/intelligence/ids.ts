import { InvalidObjectError } from "../../../core/errors.js";
import { Model } from "../../../core/model/model.js";

/**
 * The id that the server knows an object by.
 * @param what the kind of object, as the error names it
 * @throws InvalidObjectError when it has not been saved
 */
export function savedId(model: Model, what: string): string {
  const { key } = Model.stateOf(model);
  if (key !== undefined) return String(key);
  throw new InvalidObjectError(`missing ${what} ID: the server does not have this ${what} yet. save() it first`);
}
