import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";

/** What {@link CbLiveQueryAPI} takes. */
export interface CbLiveQueryOptions extends CbPSCOptions {}

/** Carbon Black Cloud, seen through the part that was called LiveQuery. */
export class CbLiveQueryAPI extends CbPSCBaseAPI {
  constructor(options: CbLiveQueryOptions = {}) {
    super(options, "livequery");
  }

  /** Nothing of this product works without one. */
  protected override get needsOrgKey(): boolean {
    return true;
  }
}
