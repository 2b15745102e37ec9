// What all examples have in common: their command lines, their ends, and text that is safe to print.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { CbApiError, type ClientOptions } from "cbapi";

/** An option of one example. Its name is the key that it stands under: `{ threshold: ... }` is `--threshold`. */
export interface ExampleOption {
  /** A number is a whole one, 0 or more unless `least` says otherwise. */
  readonly type: "string" | "number" | "boolean";
  /** What it does, for `--help`. */
  readonly about: string;
  /** What stands for its value in the usage line: `NAME`. */
  readonly value?: string;
  /** One letter, for `-p`. */
  readonly short?: string;
  readonly required?: boolean;
  readonly default?: string | number;
  readonly least?: number;
  readonly most?: number;
}

type Options = Readonly<Record<string, ExampleOption>>;
type ValueOf<O extends ExampleOption> = O["type"] extends "boolean"
  ? boolean
  :
      | (O["type"] extends "number" ? number : string)
      | (O extends { required: true } | { default: unknown } ? never : undefined);

/** What an example works with. */
export interface Example<C, O extends Options> {
  /** The client, by the credentials that the command line, the environment or a profile gives. Closed at the end. */
  readonly cb: C;
  /** The values of the example's own options. */
  readonly values: { readonly [Name in keyof O]: ValueOf<O[Name]> };
  /** What stands beside the options. */
  readonly positionals: readonly string[];
  /** Whether `--verbose` was given. */
  readonly verbose: boolean;
  /** Aborted by Ctrl-C. An example that then ends as it would otherwise has ended well (0); one that throws has not (130). */
  readonly signal: AbortSignal;
  /** Prints a line of the result. What could steer the terminal is spelt out: names of files are anybody's choice. */
  print(line: string): void;
  /** The same on standard error, for what is said beside the result. */
  note(line: string): void;
}

/** What an example is. */
export interface ExampleInfo<C, O extends Options> {
  /** Its file without the ending: `virus-total-connector`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** The class of its client: `CbProtectionAPI`. */
  readonly client: new (
    options: ClientOptions,
  ) => C;
  /** The options that it has beside those of all examples. */
  readonly options?: O;
  /** What it takes beside options, for the usage line: `HASH...`. Without it, nothing is taken. */
  readonly positionals?: string;
}

/** The command line makes no sense: the usage line is printed, and the program ends with 2. */
export class UsageError extends Error {}

/** A failure that its message explains: that is printed, and the program ends with 1. */
export class ExampleError extends Error {}

const common = {
  cburl: { type: "string", value: "URL", about: "the server's address, in place of the profile's" },
  apitoken: {
    type: "string",
    value: "TOKEN",
    about: "the API token; others on this machine may see it, so rather use a profile",
  },
  "no-ssl-verify": { type: "boolean", about: "do not check the server's certificate" },
  profile: { type: "string", value: "NAME", about: "the section of the credential files (default)" },
  verbose: { type: "boolean", about: "say which requests are made" },
  help: { type: "boolean", short: "h", about: "print this" },
} as const satisfies Options;

/**
 * Runs an example: reads its command line, makes its client, and ends the process as the command line of a tool should:
 * 0 done, 1 failed (with one line that says why), 2 wrong usage, 130 interrupted.
 */
export async function runExample<C extends { close(): Promise<void> }, const O extends Options = Record<never, never>>(
  info: ExampleInfo<C, O>,
  main: (example: Example<C, O>) => Promise<void>,
): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${safeText(line)}\n`);
  const note = (line: string): void => void process.stderr.write(`${safeText(line)}\n`);
  const interruption = interruptible();
  const { signal } = interruption;
  let cb: C | undefined;
  try {
    const { values, positionals } = read(info);
    if (values["help"] === true) {
      process.stdout.write(help(info));
      return;
    }
    const verbose = values["verbose"] === true;
    cb = new info.client(connection(values, verbose ? note : undefined));
    await main({ cb, values: values as Example<C, O>["values"], positionals, verbose, signal, print, note });
  } catch (error) {
    process.exitCode = signal.aborted ? interruption.code : error instanceof UsageError ? 2 : 1;
    // What fails on the way out is said all the same.
    if (signal.aborted && isInterruption(error, signal)) return;
    if (isFault(error)) console.error(error);
    else note(`${info.name}: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof UsageError) note(usage(info));
  } finally {
    await cb?.close();
    interruption.dispose();
  }
}

/** Whether this is the interruption itself, as the SDK rejects with it or as Node wraps it. */
function isInterruption(error: unknown, { reason }: AbortSignal): boolean {
  return error === reason || (error instanceof Error && (error.name === "AbortError" || error.cause === reason));
}

/** The text in one line, with everything in it that could steer a terminal spelt out. */
export function safeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });
}

function read<C, O extends Options>(info: ExampleInfo<C, O>) {
  const options: Options = { ...info.options, ...common };
  const table: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short }] of Object.entries(options)) {
    table[name] = { type: type === "boolean" ? type : "string", ...(short === undefined ? {} : { short }) };
  }
  let given: { values: Record<string, unknown>; positionals: string[] };
  try {
    given = parseArgs({ options: table, strict: true, allowPositionals: true });
  } catch (error) {
    // The advice that follows the first sentence is about positional arguments, which are not the matter here.
    throw new UsageError(error instanceof Error ? error.message.split(/\. To specify|\n/)[0] : String(error));
  }
  const [stray] = given.positionals;
  if (stray !== undefined && info.positionals === undefined)
    throw new UsageError(`${JSON.stringify(stray)} belongs to no option`);
  const isHelp = given.values["help"] === true;
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options))
    values[name] = readValue(name, option, given.values[name], isHelp);
  return { values, positionals: given.positionals };
}

function readValue(name: string, option: ExampleOption, given: unknown, isHelp: boolean): unknown {
  if (option.type === "boolean") return given === true;
  if (given === undefined && option.required === true && !isHelp) throw new UsageError(`--${name} is missing`);
  if (given === undefined) return option.default;
  if (String(given).trim() === "") throw new UsageError(`--${name} is empty`);
  if (option.type === "string") return given;
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = option;
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new UsageError(`--${name} wants a whole number ${range}, and got ${JSON.stringify(given)}`);
}

/** What the client is to connect with. */
function connection(values: Record<string, unknown>, log: ((line: string) => void) | undefined): ClientOptions {
  const { cburl, apitoken, profile } = values as Record<"cburl" | "apitoken" | "profile", string | undefined>;
  return {
    url: cburl,
    token: apitoken,
    profile,
    sslVerify: values["no-ssl-verify"] === true ? false : undefined,
    logger: log && { debug: log, info: log, warn: log },
  };
}

function usage<C, O extends Options>({ name, options = {} as O, positionals }: ExampleInfo<C, O>): string {
  const own = Object.entries<ExampleOption>(options).map(([option, { type, value = "VALUE", required }]) => {
    const text = type === "boolean" ? `--${option}` : `--${option} ${value}`;
    return required === true ? text : `[${text}]`;
  });
  const parts = [...own, "[--profile NAME]", "[--help]", ...(positionals === undefined ? [] : [positionals])];
  return `Usage: node ${name}.js ${parts.join(" ")}`;
}

function help<C, O extends Options>(info: ExampleInfo<C, O>): string {
  const rows = Object.entries<ExampleOption>({ ...info.options, ...common }).map(([name, option]) => {
    const { type, short, value = "VALUE", about, default: otherwise } = option;
    const left = `  ${short === undefined ? "    " : `-${short}, `}--${name}${type === "boolean" ? "" : ` ${value}`}`;
    return [left, otherwise === undefined ? about : `${about} (${otherwise})`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const lines = rows.map(([left, about]) => `${left.padEnd(width)}${about}`);
  return `${info.about}\n\n${usage(info)}\n\n${lines.join("\n")}\n`;
}

/** Aborts at the first Ctrl-C, or when nobody reads the output any more; a second Ctrl-C ends the process at once. */
function interruptible(): { readonly signal: AbortSignal; readonly code: number; dispose(): void } {
  const controller = new AbortController();
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  const interruption = {
    signal: controller.signal,
    code: 1,
    dispose(): void {
      for (const name of Object.keys(codes)) process.off(name, stop);
    },
  };
  const stop = (name: NodeJS.Signals): void => {
    const code = codes[name as keyof typeof codes];
    if (controller.signal.aborted) process.exit(code);
    interruption.code = code;
    controller.abort(new Error("Interrupted"));
  };
  for (const name of Object.keys(codes)) process.on(name, stop);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read the output has read enough (`| head`): that is no failure.
    if (error.code === "EPIPE") interruption.code = 0;
    controller.abort(error);
  });
  return interruption;
}

/** Whether an error is the program's own, so that where it happened matters, and not one of its surroundings. */
function isFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isExplained = error instanceof CbApiError || error instanceof UsageError || error instanceof ExampleError;
  return !isExplained && !("syscall" in error);
}
