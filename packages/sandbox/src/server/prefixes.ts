import type { Product } from "./product.js";

/** Whether a path lies under a prefix: `/api/` are all paths below it, `/api/psc` is that path and all below it. */
export const liesUnder = (prefix: string, path: string): boolean =>
  path.startsWith(prefix) && (prefix.endsWith("/") || path.length === prefix.length || path[prefix.length] === "/");

/**
 * The prefixes of a product, and the answer to whether a path is its own.
 * @param elsewhere what lies under its prefixes and is none of its business, whether the product is there whose it is or not
 */
export function ownership(
  prefixes: readonly string[],
  elsewhere: readonly string[] = [],
): Required<Pick<Product, "prefixes" | "owns">> {
  const under = (list: readonly string[], path: string): boolean => list.some((prefix) => liesUnder(prefix, path));
  return { prefixes, owns: (path) => under(prefixes, path) && !under(elsewhere, path) };
}

/** The products that answer for a path: those with the longest prefix of all that own it. */
export function ownersOf(products: readonly Product[], path: string): Product[] {
  const owners = products.filter((product) => product.owns(path));
  if (owners.length < 2) return owners;
  const lengths = owners.map(({ prefixes = [] }) =>
    Math.max(0, ...prefixes.filter((prefix) => liesUnder(prefix, path)).map(({ length }) => length)),
  );
  const longest = Math.max(...lengths);
  return owners.filter((_, index) => lengths[index] === longest);
}
