import { access, constants } from "node:fs/promises";
import type { ImportReport, Sandbox, SandboxOptions } from "@cbapi/sandbox";
import { CredentialError, type Logger } from "cbapi";
import type { CbPSCBaseAPI, CbPSCOptions } from "cbapi/psc";
import { CbResponseAPI, type CbResponseOptions } from "cbapi/response";
import type { RealServerChoice, SandboxChoice, ServerArguments } from "./arguments.js";
import type { Context } from "./context.js";
import { unlessInterrupted } from "./interruption.js";
import { CommandError, isDebugging, notReadable } from "./shown-error.js";
import { promptToken } from "./token-prompt.js";

/** How often a request that failed in passing is repeated. Fewer times than in programs: somebody is watching. */
const RETRIES = 2;

/** What clients of all products take. */
type CommonOptions = Omit<CbResponseOptions, "routes"> & Omit<CbPSCOptions, "routes">;

/** A client of whichever product is worked on. */
export type AnyClient = CbResponseAPI | CbPSCBaseAPI;

/** How clients of a product are made. */
export interface ClientKind<C extends AnyClient> {
  make(options: CommonOptions): C;
  /** The product's name, as a sandbox knows it. */
  readonly product: "response" | "cloud";
}

export const EDR_CLIENT: ClientKind<CbResponseAPI> = {
  make: (options) => new CbResponseAPI(options),
  product: "response",
};

/** The server that is worked on, with what has to be put away afterwards. */
export interface OpenServer<C extends AnyClient = CbResponseAPI> {
  readonly cb: C;
  /** Absent when it is a real server. */
  readonly sandbox: Sandbox | undefined;
  /** What the importer said of each file. */
  readonly imports: ImportReport[];
  close(): Promise<void>;
}

/** Finds or starts the EDR server that the arguments ask for. */
export function openServer(args: ServerArguments, context: Context): Promise<OpenServer> {
  return openServerOf(EDR_CLIENT, args, context);
}

/** The same for the server of any product. */
export async function openServerOf<C extends AnyClient>(
  kind: ClientKind<C>,
  args: ServerArguments,
  context: Context,
): Promise<OpenServer<C>> {
  const common: CommonOptions = {
    logger: logger(args.verbose, context),
    maxRetries: RETRIES,
    integrationName: "cbapi-cli",
    timeout: args.timeout,
  };
  if (args.server === undefined) return openSandbox(kind, args, common, context);
  const cb = kind.make({ ...common, ...(await realServer(args.server, context)) });
  return { cb, sandbox: undefined, imports: [], close: () => cb.close() };
}

/**
 * Connects to a server that may be any that scripts would reach.
 * @throws CommandError when nothing says which
 */
export async function connectServer(
  { cb }: OpenServer<AnyClient>,
  args: ServerArguments,
  signal: AbortSignal,
): Promise<void> {
  try {
    await cb.connect({ signal });
  } catch (cause) {
    const named = args.server?.profile ?? args.server?.url;
    if (!(cause instanceof CredentialError) || named !== undefined) throw cause;
    throw new CommandError(`${cause.message} Or use --profile, --url, or --sandbox, which needs no server.`, { cause });
  }
}

async function openSandbox<C extends AnyClient>(
  kind: ClientKind<C>,
  args: ServerArguments,
  common: CommonOptions,
  context: Context,
): Promise<OpenServer<C>> {
  const { importFiles } = args;
  const sandbox = await startSandbox(
    { ...sandboxOptions(args.sandbox), ...(importFiles.length > 0 ? { organisation: "empty" as const } : {}) },
    importFiles,
    context,
  );
  const { url, token, orgKey, caFile: sslCertFile } = sandbox.sandbox.credentials(kind.product);
  const organisation = orgKey === undefined ? {} : { orgKey };
  const cb = kind.make({ ...common, url, token, ...organisation, sslCertFile, ignoreSystemProxy: true });
  const close = async (): Promise<void> => {
    await cb.close();
    await sandbox.sandbox.stop();
  };
  return { cb, ...sandbox, close };
}

/** The options of a sandbox, without those that were not chosen. */
export function sandboxOptions({ port, seed, version }: SandboxChoice): SandboxOptions {
  return {
    ...(port === undefined ? {} : { port }),
    ...(seed === undefined ? {} : { seed }),
    ...(version === undefined ? {} : { version }),
  };
}

/** Starts a sandbox and imports files into it, one after the other. */
export async function startSandbox(
  options: SandboxOptions,
  importFiles: readonly string[],
  { terminal, interruption }: Context,
): Promise<{ sandbox: Sandbox; imports: ImportReport[] }> {
  for (const file of importFiles) await mustBeReadable(file);
  terminal.progress("Starting the sandbox");
  const { Sandbox } = await import("@cbapi/sandbox");
  const sandbox = await Sandbox.start(options);
  const imports: ImportReport[] = [];
  try {
    for (const file of importFiles) {
      interruption.signal.throwIfAborted();
      terminal.progress(`Importing ${file}`);
      imports.push(await unlessInterrupted(interruption.signal, importInto(sandbox, file)));
    }
    interruption.signal.throwIfAborted();
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  return { sandbox, imports };
}

async function importInto(sandbox: Sandbox, file: string): Promise<ImportReport> {
  try {
    return await sandbox.importFile(file);
  } catch (cause) {
    throw new CommandError(`${file} cannot be imported: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Found out before the sandbox starts: a mistyped name should not cost seconds. */
async function mustBeReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    throw notReadable(file, cause);
  }
}

/** Address and token of a real server. The profile's own settings go on where nothing else is said. */
async function realServer(choice: RealServerChoice, context: Context): Promise<CommonOptions> {
  const { profile, url, certificateFile } = choice;
  if (profile !== undefined) {
    if (process.env["CBAPI_URL"] && process.env["CBAPI_TOKEN"]) {
      context.terminal.noteUnsafe(
        `CBAPI_URL and CBAPI_TOKEN are set and go before the profile ${profile}; unset them to use it.`,
        context.terminal.errorColors.yellow,
      );
    }
    return { profile, url, sslCertFile: certificateFile };
  }
  // Nothing said: whatever a script of the user's would take.
  if (url === undefined) return { sslCertFile: certificateFile };
  // Only an address: the token of some default profile was never meant for it.
  const token = process.env["CBAPI_TOKEN"] || (await promptToken(url, context));
  const orgKey = process.env["CBAPI_ORG_KEY"];
  return { url, token, ...(orgKey ? { orgKey } : {}), sslCertFile: certificateFile };
}

/** Warnings are always shown, repetitions too, because somebody waits for them; requests when asked for. */
function logger(verbose: boolean, { terminal }: Context): Logger {
  const { dim, yellow } = terminal.errorColors;
  const debugging = verbose || isDebugging();
  return {
    debug: (message) => {
      if (debugging) terminal.noteUnsafe(message, dim);
    },
    info: (message) => terminal.noteUnsafe(message, dim),
    warn: (message) => terminal.noteUnsafe(message, yellow),
    error: (message) => terminal.noteUnsafe(message, yellow),
  };
}
