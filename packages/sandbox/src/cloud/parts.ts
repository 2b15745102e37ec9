import { devicesPart } from "./devices/index.js";
import { liveResponsePart } from "./live-response/index.js";
import { livequeryPart } from "./livequery/index.js";
import type { MakePart } from "./part.js";

/** All parts of the cloud, a line each. */
export const PARTS: readonly MakePart[] = [devicesPart, liveResponsePart, livequeryPart];
