import { alertsPart } from "./alerts/routes.js";
import { auditPart } from "./audit/routes.js";
import { binariesPart } from "./binaries/index.js";
import { defensePart } from "./defense/index.js";
import { devicesPart } from "./devices/index.js";
import { eventsPart } from "./events/index.js";
import { findingsPart } from "./findings.js";
import { intelligencePart } from "./intelligence/index.js";
import { jobsPart } from "./jobs/routes.js";
import { liveResponsePart } from "./live-response/index.js";
import { livequeryPart } from "./livequery/index.js";
import { observationsPart } from "./observations/index.js";
import type { MakePart } from "./part.js";
import { policiesPart } from "./policies/routes.js";
import { processesPart } from "./processes/index.js";

/** All parts of the cloud, a line each. */
export const PARTS: readonly MakePart[] = [
  devicesPart,
  processesPart,
  eventsPart,
  observationsPart,
  liveResponsePart,
  livequeryPart,
  binariesPart,
  intelligencePart,
  policiesPart,
  jobsPart,
  auditPart,
  alertsPart,
  defensePart,
  findingsPart,
];
