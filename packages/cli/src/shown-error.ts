import { QuerySyntaxError } from "cbapi";
import { UsageError } from "./arguments.js";

/** A mistake of the caller's that no option check could find; its message is all there is to say. */
export class CommandError extends Error {
  /** What the process ends with. */
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** An error as one clear sentence or two, for somebody who has never seen the code. The text may be unsafe. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof QuerySyntaxError) return queryErrorText(error);
  const { code, path, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port ?? "?"} is in use already: choose another with --port, or leave it out for any free one.`;
    case "EADDRNOTAVAIL":
      return `${address ?? "That address"} is no address of this machine: choose another with --host.`;
    case "EACCES":
    case "EPERM":
      return port === undefined
        ? `No permission for ${path ?? "that file"}.`
        : `No permission to listen on port ${port}: choose one from 1024 on.`;
    case "ENOENT":
      return path === undefined ? error.message : `${path} does not exist.`;
    case "ENOSPC":
      return `The disk${path === undefined ? "" : ` with ${path}`} is full.`;
    case "EISDIR":
      return `${path ?? "That"} is a folder; a file is expected.`;
    default:
      return error.message === "" ? error.name : error.message;
  }
}

/** The server knows best what is wrong with a query; the long address of the search adds nothing to that. */
function queryErrorText(error: QuerySyntaxError): string {
  const said = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(error.serverMessage ?? "")?.[1];
  if (said === undefined) return error.message;
  return `The server does not understand the query. ${String(JSON.parse(said))}. Check quotes, parentheses and field names.`;
}

/** A local file that was named is not there, or cannot be read. */
export function notReadable(path: string, cause: unknown): CommandError {
  const { code } = cause as NodeJS.ErrnoException;
  return new CommandError(`${path} ${code === "ENOENT" ? "does not exist" : "cannot be read"}.`, { cause });
}

/** Whether somebody looks for a fault in the program. */
export function isDebugging(): boolean {
  return /^(1|true|yes|on)$/i.test(process.env["CBAPI_DEBUG"] ?? "");
}

/** What is printed for whoever looks for a fault in the program. */
export function debugText(error: unknown): string | undefined {
  if (!isDebugging() || !(error instanceof Error) || error instanceof UsageError) return undefined;
  const causes: string[] = [];
  for (let at: unknown = error; at instanceof Error && causes.length < 8; at = at.cause) {
    causes.push(at.stack ?? at.message);
  }
  return causes.join("\ncaused by ");
}
