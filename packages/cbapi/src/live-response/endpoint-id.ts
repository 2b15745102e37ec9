import { inspect } from "node:util";
import { ApiError } from "../core/errors.js";
import type { ModelClass } from "../core/model/model.js";
import { namedObject } from "../core/model/ref.js";

/** What a product opens sessions on. */
interface EndpointKind {
  /** Messages call it so: `sensor`. */
  readonly noun: string;
  /** Its model. */
  readonly model: string;
  isOne(cls: ModelClass): boolean;
}

/**
 * The id of the endpoint that a target is; undefined when that takes a request.
 * @throws ApiError when the target is neither such an endpoint nor the id of one
 */
export function endpointIdOf(target: unknown, { noun, model, isOne }: EndpointKind): number | undefined {
  const named = namedObject(target);
  if (named !== undefined && !isOne(named.cls)) {
    throw wrongTarget(`Live Response is used with ${noun}s, not with a ${named.cls.spec.name}`);
  }
  if (named !== undefined && named.key === undefined) return undefined;
  const isObject = typeof target === "object" && target !== null;
  // What is still to come is looked at when it is there.
  if (named === undefined && isObject && "then" in target) return undefined;
  const id: unknown = named === undefined ? target : named.key;
  const number = typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  // Of some object, nobody knows what its id is the id of.
  const given =
    isObject && named === undefined
      ? `${inspect(target, { depth: 0 })}, an object that is no ${model}`
      : JSON.stringify(id);
  throw wrongTarget(`A ${noun} is named by its id or given itself, not as ${given ?? "nothing"}`);
}

function wrongTarget(message: string): ApiError {
  return new ApiError(message, { code: "INVALID_TARGET" });
}
