import { type ParseArgsConfig, parseArgs } from "node:util";
import type { synopsis } from "./usage.js";

export type Topic = keyof typeof synopsis;

/** The command line makes no sense. */
export class UsageError extends Error {
  readonly topic: Topic;

  constructor(message: string, topic: Topic) {
    super(message);
    this.topic = topic;
  }
}

/** How to start the sandbox. */
export interface SandboxChoice {
  readonly port: number | undefined;
  readonly seed: number | string | undefined;
  readonly version: string | undefined;
}

/** Which real server to hunt on. */
export interface RealServerChoice {
  readonly profile: string | undefined;
  readonly url: string | undefined;
  readonly certificateFile: string | undefined;
}

export interface HuntArguments {
  readonly command: "hunt";
  readonly query: string | undefined;
  readonly limit: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly verbose: boolean;
  /** Milliseconds for one call. */
  readonly timeout: number | undefined;
  readonly importFiles: readonly string[];
  readonly sandbox: SandboxChoice;
  /** Given instead of a sandbox. */
  readonly server: RealServerChoice | undefined;
}

export interface SandboxArguments {
  readonly command: "sandbox";
  readonly sandbox: SandboxChoice;
  readonly host: string | undefined;
  readonly importFiles: readonly string[];
  readonly stateDirectory: string | undefined;
  readonly empty: boolean;
}

export type Arguments =
  | HuntArguments
  | SandboxArguments
  | { readonly command: "help"; readonly topic: Topic }
  | { readonly command: "version" };

const DEFAULT_LIMIT = 10;

const help = { help: { type: "boolean", short: "h" } } as const;
const sandboxOptions = {
  port: { type: "string" },
  seed: { type: "string" },
  "server-version": { type: "string" },
  import: { type: "string", multiple: true },
} as const;
const huntOptions = {
  ...help,
  ...sandboxOptions,
  query: { type: "string", short: "q" },
  limit: { type: "string" },
  json: { type: "boolean" },
  keep: { type: "boolean" },
  profile: { type: "string" },
  url: { type: "string" },
  "ssl-cert-file": { type: "string" },
  timeout: { type: "string" },
  verbose: { type: "boolean", short: "v" },
} as const;
const serveOptions = {
  ...help,
  ...sandboxOptions,
  host: { type: "string" },
  state: { type: "string" },
  empty: { type: "boolean" },
} as const;

/**
 * Reads a command line.
 *
 * @throws UsageError saying what is wrong with it.
 */
export function parseCommandLine(args: readonly string[]): Arguments {
  const [command, ...rest] = args;
  switch (command) {
    case undefined:
    case "--help":
    case "-h":
      return { command: "help", topic: "cbapi" };
    case "help":
      return { command: "help", topic: rest[0] === "hunt" || rest[0] === "sandbox" ? rest[0] : "cbapi" };
    case "--version":
      return { command: "version" };
    case "hunt":
      return huntArguments(rest);
    case "sandbox":
      return serveArguments(rest);
    default: {
      const what = command.startsWith("-") ? "option" : "command";
      throw new UsageError(`There is no ${what} ${command}. The commands are hunt and sandbox.`, "cbapi");
    }
  }
}

function huntArguments(args: string[]): Arguments {
  const values = read(args, huntOptions, "hunt");
  if (values.help === true) return { command: "help", topic: "hunt" };
  const { profile, url } = values;
  const certificateFile = values["ssl-cert-file"];
  const real = profile !== undefined || url !== undefined;
  if (!real && certificateFile !== undefined) {
    throw new UsageError("--ssl-cert-file belongs to a real server: give --profile or --url as well.", "hunt");
  }
  const ofSandbox = ["import", "seed", "port", "server-version", "keep"] as const;
  const misplaced = real ? ofSandbox.find((name) => values[name] !== undefined) : undefined;
  if (misplaced !== undefined) {
    throw new UsageError(
      `--${misplaced} is about the sandbox, and --${profile === undefined ? "url" : "profile"} names a real server: leave one of them out.`,
      "hunt",
    );
  }
  return {
    command: "hunt",
    query: notEmpty(values.query, "query", "hunt"),
    limit: wholeNumber(values.limit, "limit", 0, 100_000, "hunt") ?? DEFAULT_LIMIT,
    json: values.json === true,
    keep: values.keep === true,
    verbose: values.verbose === true,
    timeout: milliseconds(values.timeout),
    importFiles: values.import ?? [],
    sandbox: sandboxChoice(values, "hunt"),
    server: real
      ? {
          profile: notEmpty(profile, "profile", "hunt"),
          url: notEmpty(url, "url", "hunt"),
          certificateFile: notEmpty(certificateFile, "ssl-cert-file", "hunt"),
        }
      : undefined,
  };
}

function serveArguments(args: string[]): Arguments {
  const values = read(args, serveOptions, "sandbox");
  if (values.help === true) return { command: "help", topic: "sandbox" };
  return {
    command: "sandbox",
    sandbox: sandboxChoice(values, "sandbox"),
    host: notEmpty(values.host, "host", "sandbox"),
    importFiles: values.import ?? [],
    stateDirectory: notEmpty(values.state, "state", "sandbox"),
    empty: values.empty === true,
  };
}

interface SandboxValues {
  readonly port?: string | undefined;
  readonly seed?: string | undefined;
  readonly "server-version"?: string | undefined;
}

function sandboxChoice(values: SandboxValues, topic: Topic): SandboxChoice {
  const seed = notEmpty(values.seed, "seed", topic);
  return {
    port: wholeNumber(values.port, "port", 0, 65_535, topic),
    // A number means the same whether it comes from here or from a program.
    seed: seed !== undefined && /^\d{1,15}$/.test(seed) ? Number(seed) : seed,
    version: notEmpty(values["server-version"], "server-version", topic),
  };
}

function read<Options extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: Options, topic: Topic) {
  try {
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: true });
    if (positionals[0] !== undefined) {
      throw new UsageError(
        `${JSON.stringify(positionals[0])} belongs to no option. A query with blanks has to be put in quotes.`,
        topic,
      );
    }
    return values;
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    // The advice that follows the first sentence is about positional arguments, of which there are none here.
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

function notEmpty(text: string | undefined, name: string, topic: Topic): string | undefined {
  if (text !== undefined && text.trim() === "") throw new UsageError(`--${name} is empty.`, topic);
  return text;
}

function wholeNumber(
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

function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= 86_400) return Math.ceil(seconds * 1000);
  throw new UsageError(`--timeout wants seconds, more than 0, and got ${JSON.stringify(text)}.`, "hunt");
}
