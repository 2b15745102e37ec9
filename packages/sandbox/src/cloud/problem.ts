import { HttpProblem } from "../server/product.js";

/** A refusal that says more than a sentence: the details stand beside it in the answer. */
export class CloudProblem extends HttpProblem {
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, reason: string, details: Readonly<Record<string, unknown>>) {
    super(status, message, reason);
    this.details = details;
  }
}

/** A value that is none of those that there are. */
export const unknownValue = (field: string, value: unknown, known: readonly string[]): CloudProblem =>
  new CloudProblem(400, `${field} is one of ${known.join(", ")}, not ${String(value)}`, "INVALID_ENUM_VALUE", {
    field,
    invalid_value: value,
    known_values: known,
  });
