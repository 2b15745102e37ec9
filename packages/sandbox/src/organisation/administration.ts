import type { OrganisationSink } from "../domain.js";
import type { SetUp } from "./set-up.js";

/** The accounts, bans, filters and whatever else administrators have set up. */
export function writeAdministration(_sink: OrganisationSink, _setUp: SetUp): void {}
