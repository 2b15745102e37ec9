import type { PlayableProduct } from "../product-server.js";
import { cloudToken, organisationKey } from "./accounts.js";
import { CLOUD_SWITCHES } from "./behaviour.js";
import type { CloudServer } from "./index.js";

/** Carbon Black Cloud, to be played. */
export const CLOUD: PlayableProduct<CloudServer> = {
  name: "cloud",
  // The service has no versions: it is what it is today, with the routes of yesterday beside them.
  defaultVersion: "today",
  behaviour: { ...CLOUD_SWITCHES },
  credentials: ({ seed, token }) => ({ token: cloudToken(token), orgKey: organisationKey(seed) }),
  open: async (parts) => (await import("./open.js")).openCloud(parts),
};
