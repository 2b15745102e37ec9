import { imageBytes } from "../organisation/files/pe.js";
import type { ServerParts } from "../product-server.js";
import { createProtectionServer, type ProtectionServer } from "./index.js";

/** An App Control server for the organisation of a sandbox. */
export function openProtection({ version, store, behaviour, presence, seed, url }: ServerParts): ProtectionServer {
  // Agents have the whole file, whether EDR has collected it or not.
  return createProtectionServer({
    ...{ version, store, behaviour, presence, seed, url },
    fileContent: (record) => imageBytes(record),
  });
}
