import type { CloudContext } from "./context.js";

/** What there is one of for each organisation that is served, and what several parts share: made when it is first asked for. */
export function perContext<T>(make: (context: CloudContext) => T): (context: CloudContext) => T {
  const made = new WeakMap<CloudContext, T>();
  return (context) => {
    const known = made.get(context);
    if (known !== undefined) return known;
    const fresh = make(context);
    made.set(context, fresh);
    return fresh;
  };
}
