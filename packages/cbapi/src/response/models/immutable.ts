import { ApiError } from "../../core/errors.js";
import { assign } from "../../core/model/assign.js";
import type { Model } from "../../core/model/model.js";
import type { ModelSpec } from "../../core/model/spec.js";

/**
 * Makes assigning to a getter of this class say what is wrong. A getter that overrides a field's hides the setter that
 * the field had, and JavaScript's own complaint names neither the model nor what can be set. The types stay as they
 * are: to TypeScript these members are read-only.
 *
 * Called from a static block of the class.
 */
export function refuseAssignments(cls: {
  readonly prototype: Model;
  readonly spec: ModelSpec;
  readonly record: object;
}): void {
  const { spec, record } = cls;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(cls.prototype))) {
    if (descriptor.get === undefined || descriptor.set !== undefined) continue;
    Object.defineProperty(cls.prototype, name, {
      ...descriptor,
      set(this: Model, value: unknown) {
        // Refuses too, unless the server lets the field be changed.
        if (Object.hasOwn(record, name)) return assign(this, name, value);
        const writable =
          spec.writable === undefined ? "None can" : `Fields that can be set: ${spec.writable.join(", ")}`;
        throw new ApiError(`Field ${name} is immutable: ${spec.name}.${name} is made of other fields. ${writable}`);
      },
    });
  }
}
