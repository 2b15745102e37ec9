import { access, constants } from "node:fs/promises";
import type { ImportReport, Sandbox, SandboxOptions } from "@cbapi/sandbox";
import { CredentialError, type Logger } from "cbapi";
import { CbResponseAPI, type CbResponseOptions } from "cbapi/response";
import type { RealServerChoice, SandboxChoice, ServerArguments } from "./arguments.js";
import type { Context } from "./context.js";
import { unlessInterrupted } from "./interruption.js";
import { CommandError, isDebugging, notReadable } from "./shown-error.js";
import { promptToken } from "./token-prompt.js";

/** How often a request that failed in passing is repeated. Fewer times than in programs: somebody is watching. */
const RETRIES = 2;

/** The server that is worked on, with what has to be put away afterwards. */
export interface OpenServer {
  readonly cb: CbResponseAPI;
  /** Absent when it is a real server. */
  readonly sandbox: Sandbox | undefined;
  /** What the importer said of each file. */
  readonly imports: ImportReport[];
  close(): Promise<void>;
}

/** Finds or starts the server that the arguments ask for. */
export async function openServer(args: ServerArguments, context: Context): Promise<OpenServer> {
  const common: CbResponseOptions = {
    logger: logger(args.verbose, context),
    maxRetries: RETRIES,
    integrationName: "cbapi-cli",
    timeout: args.timeout,
  };
  if (args.server === undefined) return openSandbox(args, common, context);
  const cb = new CbResponseAPI({ ...common, ...(await realServer(args.server, context)) });
  return { cb, sandbox: undefined, imports: [], close: () => cb.close() };
}

/**
 * Connects to a server that may be any that scripts would reach.
 * @throws CommandError when nothing says which
 */
export async function connectServer({ cb }: OpenServer, args: ServerArguments, signal: AbortSignal): Promise<void> {
  try {
    await cb.connect({ signal });
  } catch (cause) {
    const named = args.server?.profile ?? args.server?.url;
    if (!(cause instanceof CredentialError) || named !== undefined) throw cause;
    throw new CommandError(`${cause.message} Or use --profile, --url, or --sandbox, which needs no server.`, { cause });
  }
}

async function openSandbox(args: ServerArguments, common: CbResponseOptions, context: Context): Promise<OpenServer> {
  const { importFiles } = args;
  const sandbox = await startSandbox(
    { ...sandboxOptions(args.sandbox), ...(importFiles.length > 0 ? { organisation: "empty" as const } : {}) },
    importFiles,
    context,
  );
  const cb = new CbResponseAPI({
    ...common,
    url: sandbox.sandbox.url,
    token: sandbox.sandbox.token,
    sslCertFile: sandbox.sandbox.caFile,
    ignoreSystemProxy: true,
  });
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
async function realServer(choice: RealServerChoice, context: Context): Promise<CbResponseOptions> {
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
  return { url, token, sslCertFile: certificateFile };
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
