import type { PlayableProduct } from "../product-server.js";
import { RESPONSE_SWITCHES } from "./behaviour.js";
import { responseControl } from "./control.js";
import type { ResponseServer } from "./index.js";
import { DEFAULT_RESPONSE_VERSION } from "./version.js";

/** Carbon Black EDR, to be played. */
export const EDR: PlayableProduct<ResponseServer> = {
  name: "response",
  defaultVersion: DEFAULT_RESPONSE_VERSION,
  behaviour: RESPONSE_SWITCHES,
  control: responseControl,
  // Loaded only by those who have an organisation.
  open: async (parts) => (await import("./open.js")).openResponse(parts),
};
