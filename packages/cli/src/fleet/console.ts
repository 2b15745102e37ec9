import { format, type InspectOptions, inspect } from "node:util";

const names = ["log", "info", "debug", "warn", "error"] as const;

/**
 * Gives what scripts write to the console to somebody else, so that it does not get in the way of what is drawn.
 * @returns puts things back
 */
export function takeConsole(write: (text: string) => void): () => void {
  const before = names.map((name) => [name, console[name]] as const);
  const { dir } = console;
  const say = (text: string): void => {
    for (const line of text.split("\n")) write(line);
  };
  for (const name of names) console[name] = (...args: unknown[]) => say(format(...args));
  // The others come to these; this one goes to the output by itself.
  console.dir = (item: unknown, options?: InspectOptions) => say(inspect(item, { customInspect: false, ...options }));
  return () => {
    for (const [name, method] of before) console[name] = method;
    console.dir = dir;
  };
}
