import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";

/** What {@link CbDefenseAPI} takes. */
export interface CbDefenseOptions extends CbPSCOptions {}

/** Carbon Black Cloud, seen through the part that was called Defense. */
export class CbDefenseAPI extends CbPSCBaseAPI {
  constructor(options: CbDefenseOptions = {}) {
    super(options, "defense");
  }
}
