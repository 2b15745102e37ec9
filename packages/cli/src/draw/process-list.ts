import { win32 } from "node:path";
import type { ProcessInfo } from "cbapi/response";
import { cell, columnsOf, fit } from "../text-layout.js";
import { directoryTime } from "./amounts.js";

/** The processes of an endpoint, a line each. Takes safe data. */
export function drawProcesses(processes: readonly ProcessInfo[], width: number): string[] {
  const rows = [...processes].sort((a, b) => a.pid - b.pid);
  const names = rows.map(({ path }) => programName(path));
  const wide = Math.min(40, Math.max(4, ...names.map(columnsOf)));
  return [
    `${"pid".padStart(7)}  ${"name".padEnd(wide)}  user`,
    ...rows.map(({ pid, username }, index) => {
      const name = cell(names[index] ?? "", wide);
      return fit(`${String(pid).padStart(7)}  ${name}  ${username ?? ""}`, width);
    }),
  ];
}

/** All that is known of processes, in paragraphs. Takes safe data. */
export function drawProcessDetails(processes: readonly ProcessInfo[]): string[] {
  return [...processes]
    .sort((a, b) => a.pid - b.pid)
    .flatMap((process) => [
      `Process: ${process.pid} ${programName(process.path)}`,
      `  GUID:          ${process.proc_guid ?? ""}`,
      `  Created:       ${directoryTime(process.create_time)} (GMT)`,
      `  Parent:        ${process.parent ?? ""}`,
      `  Parent GUID:   ${process.parent_guid ?? ""}`,
      `  SID:           ${(process.sid ?? "").toUpperCase()}`,
      `  User:          ${process.username ?? ""}`,
      `  Path:          ${process.path ?? ""}`,
      `  Command line:  ${process.command_line ?? ""}`,
    ]);
}

/** The last part of a program's path, whichever system it is of. */
function programName(path: string | undefined): string {
  return win32.basename(path ?? "");
}
