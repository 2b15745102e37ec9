import { type JobArguments, jobArguments, jobOptions } from "./jobs.js";
import { duration, notEmpty, readAll, type Topic, UsageError, wholeNumber } from "./options.js";
import { type RealServerChoice, realServerChoice, realServerOptions } from "./server.js";

/** What all commands of `cbapi fleet` take. */
interface CommonFleetArguments {
  readonly command: "fleet";
  readonly server: RealServerChoice;
  readonly verbose: boolean;
  /** The address of the Redis. */
  readonly redis: string | undefined;
  readonly prefix: string | undefined;
  /** What the server is known by in Redis. */
  readonly serverName: string | undefined;
  /** The folder that all machines share for files. */
  readonly store: string | undefined;
}

export interface FleetWorkerArguments extends CommonFleetArguments {
  readonly action: "worker";
  readonly scripts: readonly string[];
  readonly slots: number | undefined;
  readonly concurrency: number | undefined;
  /** Milliseconds for which jobs that run may go on when the worker is stopped. */
  readonly grace: number | undefined;
}

/** How outcomes are shown. */
interface ShownFleetArguments extends CommonFleetArguments {
  readonly follow: boolean;
  readonly json: boolean;
}

export interface FleetSubmitArguments extends ShownFleetArguments, JobArguments {
  readonly action: "submit";
  readonly job: string;
  readonly id: string | undefined;
  readonly rerun: boolean;
  readonly priority: number | undefined;
}

export interface FleetRunArguments extends ShownFleetArguments {
  readonly action: "status" | "results" | "cancel" | "resume";
  /** Undefined where all are meant. */
  readonly run: string | undefined;
  /** Where the files of the results are written. */
  readonly files: string | undefined;
  readonly rerun: boolean;
}

export type FleetCommandArguments = FleetWorkerArguments | FleetSubmitArguments | FleetRunArguments;

const common = {
  help: { type: "boolean", short: "h" },
  verbose: { type: "boolean", short: "v" },
  redis: { type: "string" },
  prefix: { type: "string" },
  "server-name": { type: "string" },
  store: { type: "string" },
  ...realServerOptions,
} as const;
const shown = { follow: { type: "boolean", short: "f" }, json: { type: "boolean" } } as const;
const workerOptions = {
  ...common,
  slots: { type: "string" },
  concurrency: { type: "string" },
  grace: { type: "string" },
} as const;
const submitOptions = {
  ...common,
  ...shown,
  ...jobOptions,
  id: { type: "string" },
  rerun: { type: "boolean" },
  priority: { type: "string" },
} as const;
const runOptions = { ...common, ...shown, files: { type: "string" }, rerun: { type: "boolean" } } as const;

const topic: Topic = "fleet";
const actions = ["worker", "submit", "status", "results", "cancel", "resume"] as const;

/** Reads what follows `cbapi fleet`. */
export function fleetArguments(args: string[]): FleetCommandArguments | { command: "help"; topic: Topic } {
  const [action, ...rest] = args;
  switch (action) {
    case "worker":
      return workerArguments(rest);
    case "submit":
      return submitArguments(rest);
    case "status":
    case "results":
    case "cancel":
    case "resume":
      return runArguments(action, rest);
    case undefined:
      throw new UsageError(`What is to be done? After \`fleet\` comes ${actions.join(", ")}.`, topic);
    default:
      if (action === "--help" || action === "-h") return { command: "help", topic };
      throw new UsageError(`There is no fleet ${action}. There are ${actions.join(", ")}.`, topic);
  }
}

function workerArguments(args: string[]): FleetWorkerArguments | { command: "help"; topic: Topic } {
  const { values, positionals } = readAll(args, workerOptions, topic);
  if (values.help === true) return { command: "help", topic };
  if (positionals.length === 0)
    throw new UsageError("Which scripts? A worker offers the jobs of those that it is given.", topic);
  return {
    ...commonArguments(values),
    action: "worker",
    scripts: positionals,
    slots: wholeNumber(values.slots, "slots", 1, 1000, topic),
    concurrency: wholeNumber(values.concurrency, "concurrency", 1, 1000, topic),
    grace: duration(values.grace, "grace", topic),
  };
}

function submitArguments(args: string[]): FleetSubmitArguments | { command: "help"; topic: Topic } {
  const { values, positionals } = readAll(args, submitOptions, topic);
  if (values.help === true) return { command: "help", topic };
  const job = single(positionals, "Which job? Its name comes after `fleet submit`.");
  return {
    ...commonArguments(values),
    ...shownArguments(values),
    ...jobArguments(values, topic),
    action: "submit",
    job,
    id: notEmpty(values.id, "id", topic),
    rerun: values.rerun === true,
    priority: wholeNumber(values.priority, "priority", 0, 1_000_000, topic),
  };
}

function runArguments(
  action: FleetRunArguments["action"],
  args: string[],
): FleetRunArguments | { command: "help"; topic: Topic } {
  const { values, positionals } = readAll(args, runOptions, topic);
  if (values.help === true) return { command: "help", topic };
  const run =
    action === "status" && positionals.length === 0
      ? undefined
      : single(positionals, `Which run? Its id comes after \`fleet ${action}\`; \`fleet status\` lists them.`);
  if (action !== "results" && values.files !== undefined)
    throw new UsageError("--files belongs to fleet results.", topic);
  if (action !== "resume" && values.rerun !== undefined) {
    throw new UsageError("--rerun belongs to fleet submit and fleet resume.", topic);
  }
  if (run === undefined && values.follow === true) throw new UsageError("--follow wants a run.", topic);
  return {
    ...commonArguments(values),
    ...shownArguments(values),
    ...{ action, run, files: notEmpty(values.files, "files", topic), rerun: values.rerun === true },
  };
}

function single([first, second]: readonly string[], question: string): string {
  if (first === undefined || first === "") throw new UsageError(question, topic);
  if (second !== undefined) throw new UsageError(`${JSON.stringify(second)} is one word too many.`, topic);
  return first;
}

interface ShownValues {
  readonly follow?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const shownArguments = ({ follow, json }: ShownValues) => ({ follow: follow === true, json: json === true });

interface CommonValues {
  readonly verbose?: boolean | undefined;
  readonly redis?: string | undefined;
  readonly prefix?: string | undefined;
  readonly "server-name"?: string | undefined;
  readonly store?: string | undefined;
  readonly profile?: string | undefined;
  readonly url?: string | undefined;
  readonly "ssl-cert-file"?: string | undefined;
}

function commonArguments(values: CommonValues) {
  const { profile, url, "ssl-cert-file": certificate } = values;
  return {
    command: "fleet" as const,
    server: realServerChoice({ profile, url, "ssl-cert-file": certificate }, topic),
    verbose: values.verbose === true,
    redis: notEmpty(values.redis, "redis", topic),
    prefix: notEmpty(values.prefix, "prefix", topic),
    serverName: notEmpty(values["server-name"], "server-name", topic),
    store: notEmpty(values.store, "store", topic),
  };
}
