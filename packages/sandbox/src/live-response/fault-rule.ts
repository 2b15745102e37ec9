/** What becomes of a command: a Windows error code, a session that vanishes, an endpoint that falls silent, or nothing ever. */
export type FaultOutcome = number | "lost" | "offline" | "hang";

/** What goes wrong with the commands that it fits. Of several, the first one counts. */
export interface LiveResponseFault {
  /** `get file`; any when left out. */
  command?: string;
  /** Id of a sensor; any when left out. */
  sensor?: number;
  /** What the command is about, without regard to case; anything when left out. */
  object?: string;
  /** Lets this many commands through first. */
  after?: number;
  /** Meets this many commands and then no more. */
  times?: number;
  /**
   * A Windows error code (other systems say the like in their own); `lost`: the session vanishes; `offline`: the endpoint is
   * switched off, and the command waits for it; `hang`: the command never ends.
   */
  outcome: FaultOutcome;
}
