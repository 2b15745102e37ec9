import { ApiError } from "../errors.js";
import { Model, specOf } from "./model.js";

/**
 * The number that the server knows an object by.
 * @param what what it is needed for, as the error names it: `list its actions`
 * @throws ApiError when the object has not been saved
 */
export function savedNumber(model: Model, what: string): number {
  const { key } = Model.stateOf(model);
  if (key !== undefined) return Number(key);
  throw new ApiError(`This ${specOf(model).name} has not been saved: save() it first to ${what}`);
}
