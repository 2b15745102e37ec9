import type { Interruption } from "./interruption.js";
import type { Terminal } from "./terminal.js";

/** What commands work with. */
export interface Context {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
}
