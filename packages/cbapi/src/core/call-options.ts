import { CbApiError } from "./errors.js";
import { nearestNames } from "./query/nearest.js";

/** The options that every call which reaches the server takes. */
export const CALL = ["signal", "timeout"] as const;

/**
 * Looks for options of a call that do not exist: a mistyped `dryRun` must not send anything.
 * @param method as errors name it: `moveTo()`
 * @throws CbApiError with code `UNKNOWN_OPTION` naming the option that was meant, or all there are; with code
 * `INVALID_OPTION` where options are no object
 */
export function checkCall(method: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new CbApiError(
      `${method} takes its options by their names, as { ${names[0] ?? "timeout"}: ... }: got ${JSON.stringify(options)}`,
      { code: "INVALID_OPTION" },
    );
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const near = nearestNames(name, names);
    const hint = near.length === 0 ? `The options are: ${[...names].sort().join(", ")}` : `Did you mean ${near[0]}?`;
    throw new CbApiError(`${method}: unknown option ${name}. ${hint}`, { code: "UNKNOWN_OPTION" });
  }
}
