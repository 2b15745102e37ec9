// What only those may change who may "Change advanced options": it needs parameters in the address beside the body.

import type { CacheCheckLevel, CloneCleanupMode, CloneCleanupTimeScale } from "../names.js";

/** What an agent is asked for to find out what is wrong with it. Named as the fields of a {@link Computer} are. */
export interface ComputerDiagnostics {
  /** From 0 to 8. */
  readonly debugLevel?: number;
  /** From 0 to 5. */
  readonly kernelDebugLevel?: number;
  /** See {@link DebugFlag}. */
  readonly debugFlags?: number;
  /** For how long the levels hold, in minutes. */
  readonly debugDuration?: number;
  /** Starts a check of the agent's cache. */
  readonly ccLevel?: CacheCheckLevel;
  /** How that check goes about it, see {@link CacheCheckFlag}. */
  readonly ccFlags?: number;
}

/** How others are cloned from a template. Named as the fields of a {@link Computer} are. */
export interface TemplateSettings {
  /** A name of its own, `DOMAIN\\IMAGE`. */
  readonly name?: string;
  /** When clones are removed. */
  readonly templateCloneCleanupMode?: CloneCleanupMode;
  /** After how long, with `CloneCleanupMode.ByTime`. */
  readonly templateCloneCleanupTime?: number;
  /** The unit of that. */
  readonly templateCloneCleanupTimeScale?: CloneCleanupTimeScale;
  /** Whether clones report new and modified files only. */
  readonly templateTrackModsOnly?: boolean;
}

/** Applied only with `changeDiagnostics=true`; overlooked without. */
export const DIAGNOSTICS = [
  "debugLevel",
  "kernelDebugLevel",
  "debugFlags",
  "debugDuration",
  "ccLevel",
  "ccFlags",
] as const;

/** Applied only with `changeTemplate=true`; overlooked without. */
export const TEMPLATE = [
  "template",
  "templateCloneCleanupMode",
  "templateCloneCleanupTime",
  "templateCloneCleanupTimeScale",
  "templateTrackModsOnly",
] as const;
