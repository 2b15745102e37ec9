import { CbApiError } from "../errors.js";

/** Errors by what they say, so that items which share a reason share its error, and reports show it once. */
export class Reasons {
  readonly #errors = new Map<string, CbApiError>();

  of(code: string, message: string): CbApiError {
    const known = this.#errors.get(message);
    if (known !== undefined) return known;
    const error = new CbApiError(message, { code });
    this.#errors.set(message, error);
    return error;
  }
}
