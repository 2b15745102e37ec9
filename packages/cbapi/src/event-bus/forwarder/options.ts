import { invalidArgument } from "../../core/invalid-argument.js";

/** A line that is no event, and why. */
export interface MalformedLine {
  readonly line: string;
  readonly error: unknown;
}

/** What all readers of forwarded events take. */
export interface ForwardedOptions {
  /** Ends the reading; the loop then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes lines that are no events, and the reading goes on. Left out, the first such line ends it with an ApiError with code
   * `MALFORMED_EVENT`.
   */
  readonly onMalformed?: ((malformed: MalformedLine) => void) | undefined;
  /** As many bytes as a line may have. Default 16 MiB. */
  readonly maxLineBytes?: number | undefined;
}

export const LONGEST_LINE = 16 * 1024 * 1024;

/** @throws CbApiError with code `INVALID_ARGUMENT` when it is no number of bytes */
export function lineLimit({ maxLineBytes = LONGEST_LINE }: ForwardedOptions): number {
  if (Number.isSafeInteger(maxLineBytes) && maxLineBytes > 0) return maxLineBytes;
  throw invalidArgument(`maxLineBytes is a whole number from 1 on, got ${String(maxLineBytes)}`);
}
