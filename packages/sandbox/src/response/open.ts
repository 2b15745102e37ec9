import { join } from "node:path";
import { binaryContent, binaryIcon } from "../organisation/index.js";
import type { ServerParts } from "../product-server.js";
import { createResponseServer, type ResponseOptions, type ResponseServer } from "./index.js";

/** An EDR server for the organisation of a sandbox. Rejects when events are to go somewhere that cannot be reached. */
export async function openResponse(parts: ServerParts): Promise<ResponseServer> {
  const { options, version, store, clock, behaviour, machines, presence, seed, tokenKey, tokens, url } = parts;
  const { onFailure, prevented } = parts;
  const { stateDirectory, liveResponse, events } = options;
  const opened = events && (await (await import("./event-bus/open.js")).openEvents(events, parts));
  const settings: ResponseOptions = {
    ...{ version, store, clock, behaviour, presence, seed, tokenKey, onFailure, prevented, binaryContent },
    binaryIcon,
    sensorServer: url,
    tokenOwners: tokens,
    machineOf: ({ id }) => machines.get(id),
    addFile: (extra) => machines.addFile(extra),
    ...(stateDirectory === undefined ? {} : { feedFolder: join(stateDirectory, "feeds") }),
    ...(liveResponse === undefined ? {} : { liveResponse }),
  };
  return createResponseServer(settings, opened);
}
