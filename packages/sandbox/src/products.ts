import { CLOUD } from "./cloud/playable.js";
import type { SandboxOptions } from "./options.js";
import type { PlayableProduct } from "./product-server.js";
import { APP_CONTROL } from "./protection/playable.js";
import { EDR } from "./response/playable.js";

/** All products that the sandbox can play. */
export const PLAYABLE_PRODUCTS: readonly PlayableProduct[] = [EDR, APP_CONTROL, CLOUD];

/**
 * The version of each product that is played: the one that is asked for, else its default. Throws a RangeError when
 * there is no such product, or when two versions of one are asked for.
 */
export function versionsOf(
  { version, versions = {} }: SandboxOptions,
  products = PLAYABLE_PRODUCTS,
): (product: PlayableProduct) => string {
  const wanted = new Map<string, string | undefined>(Object.entries(versions));
  const names = products.map(({ name }) => name);
  for (const name of wanted.keys()) {
    if (!names.includes(name))
      throw new RangeError(`No product ${name} is played: the products are ${names.join(", ")}`);
  }
  if (version !== undefined) {
    if ((wanted.get(EDR.name) ?? version) !== version) {
      throw new RangeError(`\`version\` and \`versions.${EDR.name}\` ask for two versions of one server`);
    }
    wanted.set(EDR.name, version);
  }
  return ({ name, defaultVersion }) => wanted.get(name) ?? defaultVersion;
}
