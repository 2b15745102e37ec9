import { errorText } from "../shown-error.js";

/** A script is running, and others of the run depend on this process. */
export interface ScriptGuard {
  /** How often something went wrong outside of any job. */
  readonly strayErrors: number;
  /** Puts things back as they were. */
  release(): void;
}

/**
 * Keeps what a script does outside of its job from ending the process, which would leave sessions open, results unwritten
 * and endpoints without an outcome: an error in a timer, a promise that nobody awaits, `process.exit()`.
 * @param say told of each error once
 */
export function guardProcess(say: (text: string) => void): ScriptGuard {
  const said = new Set<string>();
  let strayErrors = 0;
  const onError = (error: unknown): void => {
    strayErrors++;
    const text = `The script failed outside of its job: ${errorText(error)}`;
    if (!said.has(text)) say(text);
    said.add(text);
  };
  const { exit } = process;
  process.exit = (code) => {
    throw new Error(`process.exit(${code ?? ""}) was called by the script: a job ends by returning or throwing`);
  };
  process.on("uncaughtException", onError).on("unhandledRejection", onError);
  return {
    get strayErrors() {
      return strayErrors;
    },
    release() {
      process.exit = exit;
      process.off("uncaughtException", onError).off("unhandledRejection", onError);
    },
  };
}
