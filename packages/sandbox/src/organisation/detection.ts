import type { OrganisationSink } from "../domain.js";
import type { SetUp } from "./set-up.js";

/** The feeds, watchlists and what they have found so far. */
export function writeDetection(_sink: OrganisationSink, _setUp: SetUp): void {}
