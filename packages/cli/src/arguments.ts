import { type EventChoice, eventChoice, eventOptions } from "./arguments/events.js";
import { type FleetCommandArguments, fleetArguments } from "./arguments/fleet.js";
import { type LiveResponseArguments, liveResponseArguments } from "./arguments/live-response.js";
import { milliseconds, notEmpty, readOptions, type Topic, UsageError, wholeNumber } from "./arguments/options.js";
import {
  realServerChoice,
  realServerOptions,
  type SandboxChoice,
  type ServerArguments,
  sandboxChoice,
  sandboxOptions,
} from "./arguments/server.js";

export type {
  FleetCommandArguments,
  FleetRunArguments,
  FleetSubmitArguments,
  FleetWorkerArguments,
} from "./arguments/fleet.js";
export type { FleetArguments, ShellArguments } from "./arguments/live-response.js";
export { type Topic, UsageError } from "./arguments/options.js";
export type { RealServerChoice, SandboxChoice, ServerArguments } from "./arguments/server.js";

export interface HuntArguments extends ServerArguments {
  readonly command: "hunt";
  readonly query: string | undefined;
  readonly limit: number;
  readonly json: boolean;
  readonly keep: boolean;
}

export interface SandboxArguments {
  readonly command: "sandbox";
  readonly sandbox: SandboxChoice;
  readonly host: string | undefined;
  readonly importFiles: readonly string[];
  readonly stateDirectory: string | undefined;
  readonly empty: boolean;
  /** Where it tells what happens on it; undefined: nowhere. */
  readonly events: EventChoice | undefined;
}

export type Arguments =
  | HuntArguments
  | SandboxArguments
  | LiveResponseArguments
  | FleetCommandArguments
  | { readonly command: "help"; readonly topic: Topic }
  | { readonly command: "version" };

const DEFAULT_LIMIT = 10;

const help = { help: { type: "boolean", short: "h" } } as const;
const imports = { import: { type: "string", multiple: true } } as const;
const huntOptions = {
  ...help,
  ...sandboxOptions,
  ...imports,
  query: { type: "string", short: "q" },
  limit: { type: "string" },
  json: { type: "boolean" },
  keep: { type: "boolean" },
  ...realServerOptions,
  timeout: { type: "string" },
  verbose: { type: "boolean", short: "v" },
} as const;
const serveOptions = {
  ...help,
  ...sandboxOptions,
  ...imports,
  host: { type: "string" },
  state: { type: "string" },
  empty: { type: "boolean" },
  ...eventOptions,
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
      return { command: "help", topic: topicOf(rest) };
    case "--version":
      return { command: "version" };
    case "hunt":
      return huntArguments(rest);
    case "sandbox":
      return serveArguments(rest);
    case "lr":
      return liveResponseArguments(rest);
    case "fleet":
      return fleetArguments(rest);
    default: {
      const what = command.startsWith("-") ? "option" : "command";
      throw new UsageError(`There is no ${what} ${command}. The commands are hunt, lr, fleet and sandbox.`, "cbapi");
    }
  }
}

function topicOf([first, second]: readonly string[]): Topic {
  if (first === "lr") return second === "run" ? "lr run" : "lr";
  return first === "hunt" || first === "fleet" || first === "sandbox" ? first : "cbapi";
}

function huntArguments(args: string[]): Arguments {
  const values = readOptions(args, huntOptions, "hunt");
  if (values.help === true) return { command: "help", topic: "hunt" };
  const { profile, url } = values;
  const real = profile !== undefined || url !== undefined;
  if (!real && values["ssl-cert-file"] !== undefined) {
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
    timeout: milliseconds(values.timeout, "timeout", "hunt"),
    importFiles: values.import ?? [],
    sandbox: sandboxChoice(values, "hunt"),
    server: real ? realServerChoice(values, "hunt") : undefined,
  };
}

function serveArguments(args: string[]): Arguments {
  const values = readOptions(args, serveOptions, "sandbox");
  if (values.help === true) return { command: "help", topic: "sandbox" };
  return {
    command: "sandbox",
    sandbox: sandboxChoice(values, "sandbox"),
    host: notEmpty(values.host, "host", "sandbox"),
    importFiles: values.import ?? [],
    stateDirectory: notEmpty(values.state, "state", "sandbox"),
    empty: values.empty === true,
    events: eventChoice(values),
  };
}
