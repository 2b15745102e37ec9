import { ApiError } from "../errors.js";
import { assign } from "./assign.js";
import type { Model } from "./model.js";
import type { ModelSpec } from "./spec.js";

/** A class of models, as far as it is looked at here. */
interface Declaring {
  readonly prototype: Model;
  readonly spec: ModelSpec;
  readonly record: object;
}

/**
 * Makes assigning to a getter of this class say what is wrong, and so for the classes that it extends, up to the one that
 * its record was declared with. A getter that overrides a field's hides the setter that the field had, and JavaScript's
 * own complaint names neither the model nor what can be set. The types stay as they are: to TypeScript these members are
 * read-only. Doing it twice does no more.
 */
export function refuseAssignments(cls: Declaring, declared: Declaring): void {
  let at: object | null = cls.prototype;
  while (at !== null && at !== declared.prototype) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (descriptor.get === undefined || descriptor.set !== undefined) continue;
      Object.defineProperty(at, name, { ...descriptor, set: refusing(declared, name) });
    }
    at = Object.getPrototypeOf(at) as object | null;
  }
}

function refusing({ spec, record }: Declaring, name: string): (this: Model, value: unknown) => void {
  return function (value) {
    // Refuses too, unless the server lets the field be changed.
    if (Object.hasOwn(record, name)) return assign(this, name, value);
    const writable = spec.writable === undefined ? "None can" : `Fields that can be set: ${spec.writable.join(", ")}`;
    throw new ApiError(`Field ${name} is immutable: ${spec.name}.${name} is made of other fields. ${writable}`);
  };
}
