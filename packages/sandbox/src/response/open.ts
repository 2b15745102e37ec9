import { join } from "node:path";
import { binaryContent, binaryIcon } from "../organisation/index.js";
import type { ServerParts } from "../product-server.js";
import { createResponseServer, type ResponseServer } from "./index.js";

/** An EDR server for the organisation of a sandbox. */
export function openResponse(parts: ServerParts): ResponseServer {
  const { options, version, store, clock, behaviour, machines, presence, seed, tokenKey, tokens, url } = parts;
  const { onFailure, prevented } = parts;
  const { stateDirectory, liveResponse } = options;
  return createResponseServer({
    ...{ version, store, clock, behaviour, presence, seed, tokenKey, onFailure, prevented, binaryContent },
    binaryIcon,
    sensorServer: url,
    tokenOwners: tokens,
    machineOf: ({ id }) => machines.get(id),
    addFile: (extra) => machines.addFile(extra),
    ...(stateDirectory === undefined ? {} : { feedFolder: join(stateDirectory, "feeds") }),
    ...(liveResponse === undefined ? {} : { liveResponse }),
  });
}
