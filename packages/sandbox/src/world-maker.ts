import type { SandboxOptions } from "./options.js";
import { fixedWorld, type World, type WorldSettings } from "./world.js";

/** What makes the worlds of a sandbox: its own organisation, unless it is to serve products that were made elsewhere. */
export function worldMaker(options: SandboxOptions): (settings: WorldSettings) => Promise<World> {
  const { products } = options;
  if (products !== undefined) return () => Promise.resolve(fixedWorld(products));
  // The database and the generator are only loaded by those who use them.
  return async (settings) => (await import("./own-world.js")).openOwnWorld(options, settings);
}
