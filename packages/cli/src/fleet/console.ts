import { format } from "node:util";

const names = ["log", "info", "debug", "warn", "error"] as const;

/**
 * Gives what scripts write to the console to somebody else, so that it does not get in the way of what is drawn.
 * @returns puts things back
 */
export function takeConsole(write: (text: string) => void): () => void {
  const before = names.map((name) => [name, console[name]] as const);
  for (const name of names) {
    console[name] = (...args: unknown[]) => {
      for (const text of format(...args).split("\n")) write(text);
    };
  }
  return () => {
    for (const [name, method] of before) console[name] = method;
  };
}
