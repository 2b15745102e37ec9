import type { HuntArguments } from "../arguments.js";
import type { Context } from "../context.js";
import { drawConnection } from "../draw/connection.js";
import { holdsProcesses } from "../draw/organisation.js";
import { HuntPrinter } from "../draw/printer.js";
import { Cost } from "../hunt/cost.js";
import { chooseQuery, GUIDE_QUERY, type Suspicion } from "../hunt/default-query.js";
import type { Findings, ServerFinding } from "../hunt/findings.js";
import { runHunt } from "../hunt/hunt.js";
import { unlessInterrupted, untilInterrupted } from "../interruption.js";
import { type OpenServer, openServer } from "../server.js";
import { CommandError } from "../shown-error.js";
import { safeData, safeJson } from "../text-safety.js";

/** `cbapi hunt` */
export async function hunt(args: HuntArguments, context: Context): Promise<void> {
  const server = await openServer(args, context);
  try {
    await unlessInterrupted(context.interruption.signal, huntOn(server, args, context));
    if (args.keep && server.sandbox !== undefined) await keepServing(server.sandbox, args, context);
  } finally {
    await server.close();
  }
}

async function huntOn(server: OpenServer, args: HuntArguments, context: Context): Promise<void> {
  const { cb } = server;
  const { terminal, interruption } = context;
  const { signal } = interruption;
  const cost = new Cost(cb);
  try {
    terminal.progress("Connecting");
    await cb.connect({ signal });
    const serverFinding: ServerFinding = {
      kind: server.sandbox === undefined ? "server" : "sandbox",
      url: cb.url,
      version: cb.cb_server_version.toString(),
    };
    const printer = args.json ? undefined : new HuntPrinter(terminal);
    printer?.server(safeData(serverFinding), safeData(server.sandbox?.info()));
    printer?.imports(safeData(server.imports));
    requireImported(server, args);

    terminal.progress("Hunting");
    const { query, meaning } = await queryOf(args, server, signal);
    printer?.query(safeData(query), meaning);
    const result = await runHunt(
      cb,
      cost,
      { query, limit: args.limit, signal },
      {
        found: (total) => printer?.found(total, args.limit),
        match: (match) => printer?.match(safeData(match)),
      },
    );
    const { query: text, report, notes, ...found } = result;
    const findings: Findings = {
      query: text,
      server: serverFinding,
      ...found,
      requests: cost.requests,
      requestsByKind: cost.requestsByKind,
      cacheHits: cost.cacheHits,
      report,
      notes,
      ...(server.imports.length === 0 ? {} : { import: server.imports }),
    };
    if (printer === undefined) terminal.print(safeJson(findings));
    else printer.end(safeData(findings), { imported: args.importFiles, keep: args.keep });
  } finally {
    cost.dispose();
  }
}

/** To hunt among nothing finds nothing, and would look like good news. */
function requireImported({ sandbox }: OpenServer, { importFiles }: HuntArguments): void {
  if (importFiles.length === 0 || sandbox === undefined || holdsProcesses(sandbox.info())) return;
  throw new CommandError(
    `There is no process in ${importFiles.join(", ")}. Events of Sysmon are expected, as JSON lines, plain or in .gz or .zip.`,
  );
}

/** The caller's query, or one that finds something: the guide's, or in imported logs the first that gives a result. */
async function queryOf(
  args: HuntArguments,
  { cb }: OpenServer,
  signal: AbortSignal,
): Promise<{ query: string; meaning: string | undefined }> {
  if (args.query !== undefined) return { query: args.query, meaning: undefined };
  if (args.importFiles.length === 0)
    return { query: GUIDE_QUERY, meaning: "who mounted an internal share with net use" };
  const chosen: Suspicion = await chooseQuery(cb, signal);
  return chosen;
}

async function keepServing(
  sandbox: NonNullable<OpenServer["sandbox"]>,
  { json }: HuntArguments,
  { terminal, interruption }: Context,
): Promise<void> {
  const say = (line: string): void => (json ? terminal.note(line) : terminal.print(line));
  for (const line of drawConnection(sandbox, json ? terminal.errorColors : terminal.colors)) say(line);
  await untilInterrupted(interruption.signal);
}
