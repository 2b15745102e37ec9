import type { PlayableProduct } from "../product-server.js";
import { PROTECTION_SWITCHES } from "./behaviour.js";
import type { ProtectionServer } from "./index.js";
import { DEFAULT_PROTECTION_VERSION } from "./version.js";

/** App Control, to be played. */
export const APP_CONTROL: PlayableProduct<ProtectionServer> = {
  name: "protection",
  defaultVersion: DEFAULT_PROTECTION_VERSION,
  behaviour: { ...PROTECTION_SWITCHES },
  open: async (parts) => (await import("./open.js")).openProtection(parts),
};
