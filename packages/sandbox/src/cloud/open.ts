import type { ServerParts } from "../product-server.js";
import { createContext } from "./context.js";
import { type CloudServer, createCloudServer } from "./index.js";

/** The cloud for the organisation of a sandbox. */
export function openCloud(parts: ServerParts): CloudServer {
  return createCloudServer(createContext(parts));
}
