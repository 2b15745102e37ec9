import { type ParseArgsConfig, parseArgs } from "node:util";
import type { synopsis } from "../usage.js";

export type Topic = keyof typeof synopsis;

/** The command line makes no sense. */
export class UsageError extends Error {
  readonly topic: Topic;

  constructor(message: string, topic: Topic) {
    super(message);
    this.topic = topic;
  }
}

type OptionTable = NonNullable<ParseArgsConfig["options"]>;
type Read<Options extends OptionTable> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; strict: true; allowPositionals: true }>
>;

/** The options, of a command that takes nothing else. */
export function readOptions<Options extends OptionTable>(
  args: string[],
  options: Options,
  topic: Topic,
): Read<Options>["values"] {
  const { values, positionals } = readAll(args, options, topic);
  if (positionals[0] !== undefined) {
    throw new UsageError(
      `${JSON.stringify(positionals[0])} belongs to no option. A query with blanks has to be put in quotes.`,
      topic,
    );
  }
  return values;
}

/** The options, and what stands beside them. */
export function readAll<Options extends OptionTable>(args: string[], options: Options, topic: Topic): Read<Options> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The advice that follows the first sentence is about positional arguments, which are not the matter here.
    const [message = ""] = error.message.split(/\. To specify|\n/);
    throw new UsageError(`${message.replace(/\.$/, "")}.${suggestion(message, Object.keys(options))}`, topic);
  }
}

/** The option that was probably meant. */
function suggestion(message: string, names: readonly string[]): string {
  const given = /^Unknown option '--?([^']*)'/.exec(message)?.[1];
  if (given === undefined || given.length < 2) return "";
  const meant =
    names.find((name) => name.startsWith(given) || given.startsWith(name)) ??
    names.find((name) => name.slice(0, 2) === given.slice(0, 2));
  return meant === undefined ? "" : ` Did you mean --${meant}?`;
}

/** A text that says something, or none at all. */
export function notEmpty(text: string | undefined, name: string, topic: Topic): string | undefined {
  if (text !== undefined && text.trim() === "") throw new UsageError(`--${name} is empty.`, topic);
  return text;
}

/** A whole number within limits, or none at all. */
export function wholeNumber(
  text: string | undefined,
  name: string,
  least: number,
  most: number,
  topic: Topic,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(
    `--${name} wants a whole number from ${least} to ${most}, and got ${JSON.stringify(text)}.`,
    topic,
  );
}

/** Seconds as milliseconds. */
export function milliseconds(text: string | undefined, name: string, topic: Topic): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= 86_400) return Math.ceil(seconds * 1000);
  throw new UsageError(`--${name} wants seconds, more than 0, and got ${JSON.stringify(text)}.`, topic);
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time as people write it, as milliseconds: `90`, `90s`, `10m`, `1h30m`, `2d`. Undefined when it is none. */
export function durationOf(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  if (!/^(\d+(\.\d+)?[smhd])+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)([smhd])/gi)) {
    total += Number(number) * (units[unit.toLowerCase()] ?? 0);
  }
  return Math.ceil(total);
}

/** A length of time, or none at all. */
export function duration(text: string | undefined, name: string, topic: Topic): number | undefined {
  if (text === undefined) return undefined;
  const value = durationOf(text.trim());
  if (value !== undefined && value <= 366 * 86_400_000) return value;
  throw new UsageError(`--${name} wants a time such as 90s, 10m or 4h, and got ${JSON.stringify(text)}.`, topic);
}
