import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";

/** What {@link CbThreatHunterAPI} takes. */
export interface CbThreatHunterOptions extends CbPSCOptions {}

/** Carbon Black Cloud, seen through the part that was called ThreatHunter. */
export class CbThreatHunterAPI extends CbPSCBaseAPI {
  constructor(options: CbThreatHunterOptions = {}) {
    super(options, "threathunter");
  }

  /** Nothing of this product works without one. */
  protected override get needsOrgKey(): boolean {
    return true;
  }
}
