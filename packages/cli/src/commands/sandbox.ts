import { join } from "node:path";
import type { SandboxArguments } from "../arguments.js";
import type { Context } from "../context.js";
import { drawConnection, drawControl } from "../draw/connection.js";
import { drawImport } from "../draw/import-report.js";
import { organisationText } from "../draw/organisation.js";
import { untilInterrupted } from "../interruption.js";
import { sandboxOptions, startSandbox } from "../server.js";
import { safeData } from "../text-safety.js";

/** `cbapi sandbox` */
export async function serve(args: SandboxArguments, context: Context): Promise<void> {
  const { terminal, interruption } = context;
  const { host, stateDirectory, empty, events } = args;
  const { sandbox, imports } = await startSandbox(
    {
      ...sandboxOptions(args.sandbox),
      ...(host === undefined ? {} : { host }),
      ...(stateDirectory === undefined ? {} : { stateDirectory, file: join(stateDirectory, "organisation.sqlite") }),
      ...(empty ? { organisation: "empty" as const } : {}),
      ...(events === undefined ? {} : { events }),
    },
    args.importFiles,
    context,
  );
  try {
    const { colors, width } = terminal;
    terminal.print(`${colors.bold("Carbon Black sandbox")} at ${colors.cyan(sandbox.url)}`);
    terminal.print(colors.dim(organisationText(safeData(sandbox.info()))));
    for (const report of safeData(imports)) {
      for (const line of drawImport(report, colors, width)) terminal.print(line);
    }
    for (const line of [...drawConnection(sandbox, colors), ...drawControl(sandbox, colors)]) terminal.print(line);
    await untilInterrupted(interruption.signal);
  } finally {
    await sandbox.stop();
  }
}
