import type { CommandOutput, RequestedCommand } from "./commands/index.js";
import type { CommandEnd } from "./results.js";

/** How far a command is. Servers spell it in their own ways. */
export type CommandStatus = "pending" | "in progress" | "complete" | "error" | "cancelled";

/** A command of a session. Times are simulated milliseconds since 1970. */
export interface LiveCommand extends RequestedCommand {
  readonly id: number;
  readonly username: string;
  readonly created: number;
  /** Simulated milliseconds that it may take; any number when undefined. */
  readonly timeout: number | undefined;
  status: CommandStatus;
  output: CommandOutput;
  /** When and how it ended. */
  ended?: number;
  end?: CommandEnd;
}

/** Whether nothing more will become of it. */
export const hasEnded = ({ status }: LiveCommand): boolean => status !== "pending" && status !== "in progress";
