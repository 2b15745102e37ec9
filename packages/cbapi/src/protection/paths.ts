/** Where App Control has its objects, in every release from 7.2 on. */
export const API = "/api/bit9platform/v1";

/**
 * The route of an object: `pathOf("computer")`.
 * @param object its name as the server spells it
 */
export function pathOf<const N extends string>(object: N): `${typeof API}/${N}` {
  return `${API}/${object}`;
}
