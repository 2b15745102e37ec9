import { type JobArguments, jobArguments, jobOptions } from "./jobs.js";
import { duration, milliseconds, notEmpty, readAll, type Topic, UsageError, wholeNumber } from "./options.js";
import {
  type RealServerValues,
  realServerChoice,
  realServerOptions,
  type SandboxValues,
  type ServerArguments,
  sandboxChoice,
  sandboxOptions,
} from "./server.js";

/** `cbapi lr`: a shell on an endpoint. */
export interface ShellArguments extends ServerArguments {
  readonly command: "lr";
  /** Whether the server is Carbon Black Cloud. */
  readonly cloud: boolean;
  /** A computer name or an id; without one the shell begins without a session. */
  readonly host: string | undefined;
  /** What to carry out instead of asking for it. */
  readonly commands: readonly string[];
  readonly keepGoing: boolean;
  readonly history: boolean;
  /** Milliseconds to wait for an endpoint that is offline. */
  readonly wait: number | undefined;
}

/** `cbapi lr run`: a script on many endpoints. */
export interface FleetArguments extends ServerArguments, JobArguments {
  readonly command: "lr run";
  /** Whether the server is Carbon Black Cloud. */
  readonly cloud: boolean;
  readonly script: string;
  readonly slots: number | undefined;
  readonly output: string | undefined;
  readonly files: string | undefined;
  readonly json: boolean;
}

export type LiveResponseArguments =
  | ShellArguments
  | FleetArguments
  | { readonly command: "help"; readonly topic: Topic };

const serverOptions = {
  help: { type: "boolean", short: "h" },
  sandbox: { type: "boolean" },
  cloud: { type: "boolean" },
  ...sandboxOptions,
  ...realServerOptions,
  verbose: { type: "boolean", short: "v" },
} as const;
const shellOptions = {
  ...serverOptions,
  command: { type: "string", short: "c", multiple: true },
  "keep-going": { type: "boolean" },
  "no-history": { type: "boolean" },
  wait: { type: "string" },
  timeout: { type: "string" },
} as const;
const fleetOptions = {
  ...serverOptions,
  ...jobOptions,
  slots: { type: "string" },
  output: { type: "string", short: "o" },
  files: { type: "string" },
  json: { type: "boolean" },
} as const;

/** Reads what follows `cbapi lr`. */
export function liveResponseArguments(args: string[]): LiveResponseArguments {
  return args[0] === "run" ? fleetArguments(args.slice(1)) : shellArguments(args);
}

function shellArguments(args: string[]): LiveResponseArguments {
  const topic = "lr";
  const { values, positionals } = readAll(args, shellOptions, topic);
  if (values.help === true) return { command: "help", topic };
  const [host, ...more] = positionals;
  if (more[0] !== undefined) {
    throw new UsageError(
      `${JSON.stringify(more[0])} is one word too many: one endpoint is named, and commands are given with -c "..." or on standard input.`,
      topic,
    );
  }
  if (host?.trim() === "") throw new UsageError("The endpoint's name is empty.", topic);
  return {
    command: "lr",
    cloud: values.cloud === true,
    ...serverArguments(values, topic),
    timeout: milliseconds(values.timeout, "timeout", topic),
    host,
    commands: values.command ?? [],
    keepGoing: values["keep-going"] === true,
    history: values["no-history"] !== true,
    wait: duration(values.wait, "wait", topic),
  };
}

function fleetArguments(args: string[]): LiveResponseArguments {
  const topic = "lr run";
  const { values, positionals } = readAll(args, fleetOptions, topic);
  if (values.help === true) return { command: "help", topic };
  const [script, ...more] = positionals;
  if (script === undefined || script === "") throw new UsageError("Which script? It comes after `lr run`.", topic);
  if (more[0] !== undefined) {
    throw new UsageError(`${JSON.stringify(more[0])} is one word too many: one script is run.`, topic);
  }
  return {
    command: "lr run",
    cloud: values.cloud === true,
    ...serverArguments(values, topic),
    timeout: undefined,
    script,
    ...jobArguments(values, topic),
    slots: wholeNumber(values.slots, "slots", 1, 1000, topic),
    output: notEmpty(values.output, "output", topic),
    files: notEmpty(values.files, "files", topic),
    json: values.json === true,
  };
}

interface ServerValues extends SandboxValues, RealServerValues {
  readonly sandbox?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

function serverArguments(values: ServerValues, topic: Topic): Omit<ServerArguments, "timeout"> {
  const real = (["profile", "url", "ssl-cert-file"] as const).find((name) => values[name] !== undefined);
  const ofSandbox = (["seed", "port", "server-version"] as const).find((name) => values[name] !== undefined);
  if (values.sandbox === true && real !== undefined) {
    throw new UsageError(`--${real} is about a real server: leave out either it or --sandbox.`, topic);
  }
  if (values.sandbox !== true && ofSandbox !== undefined) {
    throw new UsageError(`--${ofSandbox} is about the sandbox: give --sandbox as well.`, topic);
  }
  return {
    verbose: values.verbose === true,
    importFiles: [],
    sandbox: sandboxChoice(values, topic),
    server: values.sandbox === true ? undefined : realServerChoice(values, topic),
  };
}
