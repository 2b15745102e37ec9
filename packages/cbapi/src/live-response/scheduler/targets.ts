import { CbApiError } from "../../core/errors.js";

/** The id of an endpoint, or the way to find it where that takes a request. */
export type Identified = number | (() => Promise<number>);

/** Tells which endpoint a target is. @throws CbApiError when it is none */
export type Identify<Target> = (target: Target) => Identified;

/** Many targets: a list, or something that gives them one after the other, such as a query. */
export type Targets<Target> = Iterable<Target> | AsyncIterable<Target>;

/** Targets that are known before the run begins, or are read while it goes on. */
export type TargetSource<Target> =
  | { readonly known: readonly { readonly target: Target; readonly id: Identified }[] }
  | { readonly read: AsyncIterable<Target> | Iterable<Target> };

/**
 * Lists are looked through at once, so that a wrong target is refused before anything is done, and each endpoint is taken
 * once. Everything else is read while there is room.
 * @throws CbApiError when these are no targets, or one of a list is none
 */
export function targetSource<Target>(targets: Targets<Target>, identify: Identify<Target>): TargetSource<Target> {
  if (typeof targets !== "object" || targets === null) {
    throw new CbApiError(
      `run() takes a list of targets or a query, got ${targets === null ? "null" : typeof targets}. For one target use submitJob().`,
    );
  }
  if (Array.isArray(targets) || targets instanceof Set) {
    const seen = new Set<number>();
    const known: { target: Target; id: Identified }[] = [];
    for (const target of targets as Iterable<Target>) {
      const id = identify(target);
      if (typeof id === "number") {
        if (seen.has(id)) continue;
        seen.add(id);
      }
      known.push({ target, id });
    }
    return { known };
  }
  if (Symbol.asyncIterator in targets || Symbol.iterator in targets) return { read: targets };
  throw new CbApiError("run() takes a list of targets or a query: this object gives no targets.");
}
