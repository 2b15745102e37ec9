import type { steppable } from "./ref-type.js";

/** What belongs to an object and is reached by its key alone. Its methods can be taken through a Ref. */
export abstract class Resource {
  declare readonly [steppable]: true;
}
