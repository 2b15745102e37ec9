import { hash32 } from "../../../organisation/random.js";
import { baseName } from "../../../paths.js";
import { matchesOnWindows } from "../../disk/wildcards.js";
import { failureText } from "../../failures.js";
import type { EndpointProcess } from "../../machine.js";
import { type Service, servicesOf } from "../../services.js";
import { grouped } from "../cmd/dir.js";
import type { ProgramHost } from "../host.js";
import type { Call, Program } from "../program.js";
import { table } from "./identity.js";

const imageOf = ({ pid, path }: EndpointProcess): string =>
  pid === 0 ? "System Idle Process" : pid === 4 ? "System" : baseName(path);
const sessionOf = ({ pid, sid }: EndpointProcess): [name: string, number: string] =>
  pid > 4 && sid.startsWith("s-1-5-21-") ? ["Console", "1"] : ["Services", "0"];
/** What a process takes, in kilobytes: made up, and always the same. */
const memoryOf = ({ pid, path }: EndpointProcess): number =>
  pid === 0 ? 8 : 1_200 + (hash32(`${pid}${path}`) % 90_000);

/** `tasklist`, with `/svc`, `/fo csv|table|list`, `/nh`, `/fi "IMAGENAME eq x"` and `/fi "PID eq n"`. */
export const tasklist: Program = (call) => {
  const { host, arguments: words, out, error } = call;
  const lower = words.map((word) => word.toLowerCase());
  const form = lower.includes("/fo") ? (lower[lower.indexOf("/fo") + 1] ?? "") : "table";
  if (!["table", "csv", "list"].includes(form)) {
    error.write(`ERROR: Invalid argument/option - '/fo ${form}'.\r\n`);
    return 1;
  }
  let list = host.table.list();
  for (const [at, word] of lower.entries()) {
    if (word !== "/fi") continue;
    const filter = /^(imagename|pid)\s+(eq|ne)\s+(\S+)$/i.exec(words[at + 1] ?? "");
    if (filter === null) {
      error.write("ERROR: The search filter cannot be recognized.\r\n");
      return 1;
    }
    const [, field = "", how = "", value = ""] = filter;
    const fits = (each: EndpointProcess): boolean =>
      field.toLowerCase() === "pid" ? String(each.pid) === value : matchesOnWindows(imageOf(each), value);
    list = list.filter((each) => fits(each) === (how.toLowerCase() === "eq"));
  }
  if (list.length === 0) {
    out.write("INFO: No tasks are running which match the specified criteria.\r\n");
    return 0;
  }
  const services = lower.includes("/svc") ? servicesOf(host.table.list()) : undefined;
  const names = services === undefined ? NAMES : ["Image Name", "PID", "Services"];
  const rows = list.map((each) => [
    ...[imageOf(each), String(each.pid)],
    ...(services === undefined ? [...sessionOf(each), `${grouped(memoryOf(each))} K`] : [hosted(services, each)]),
  ]);
  if (form === "csv") {
    const quoted = (cells: readonly string[]): string => `${cells.map((cell) => `"${cell}"`).join(",")}\r\n`;
    out.write((lower.includes("/nh") ? "" : quoted(names)) + rows.map(quoted).join(""));
  } else if (form === "list") {
    out.write(
      rows.map((row) => `\r\n${row.map((cell, n) => `${`${names[n]}:`.padEnd(14)}${cell}\r\n`).join("")}`).join(""),
    );
  } else out.write(`\r\n${fixedTable(names, rows, lower.includes("/nh"))}`);
  return 0;
};

const NAMES = ["Image Name", "PID", "Session Name", "Session#", "Mem Usage"];
const WIDTHS = [25, 8, 16, 11, 12];

function fixedTable(names: readonly string[], rows: readonly string[][], bare: boolean): string {
  const widths = names.length === 3 ? [25, 8, 44] : WIDTHS;
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return [1, 3, 4].includes(column) ? text.slice(0, width).padStart(width) : text.slice(0, width).padEnd(width);
  };
  const line = (cells: readonly string[]): string => `${cells.map(cell).join(" ").trimEnd()}\r\n`;
  const head = bare ? "" : line(names) + line(widths.map((width) => "=".repeat(width)));
  return head + rows.map(line).join("");
}

function hosted(services: readonly Service[], { pid }: EndpointProcess): string {
  const names = services.filter((service) => service.pid === pid).map(({ name }) => name);
  return names.length === 0 ? "N/A" : names.join(", ");
}

/** `taskkill /pid N` or `/im NAME`, with `/f`. */
export const taskkill: Program = ({ host, arguments: words, out, error }) => {
  const wanted: EndpointProcess[] = [];
  let code = 0;
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] ?? "").toLowerCase();
    if (word === "/f" || word === "/t") continue;
    const value = words[++at] ?? "";
    const found = host.table
      .list()
      .filter((each) => (word === "/pid" ? String(each.pid) === value : matchesOnWindows(imageOf(each), value)));
    if (word !== "/pid" && word !== "/im") {
      error.write(`ERROR: Invalid argument/option - '${word}'.\r\nType "TASKKILL /?" for usage.\r\n`);
      return 1;
    }
    if (found.length === 0) {
      error.write(`ERROR: The process "${value}" not found.\r\n`);
      code = 128;
    }
    wanted.push(...found);
  }
  for (const each of wanted) {
    try {
      host.table.kill(each.pid);
      out.write(`SUCCESS: The process "${imageOf(each)}" with PID ${each.pid} has been terminated.\r\n`);
    } catch (refusal) {
      error.write(
        `ERROR: The process with PID ${each.pid} could not be terminated.\r\nReason: ${failureText(refusal)}\r\n`,
      );
      code = 1;
    }
  }
  return code;
};

/** `sc query`, `sc query NAME`, `sc qc NAME`. */
export const sc: Program = ({ host, arguments: words, out, error }) => {
  const [verb = "", wanted] = words.map((word) => word.toLowerCase());
  if (!["query", "queryex", "qc"].includes(verb)) {
    error.write(
      "DESCRIPTION:\r\n        SC is a command line program used for communicating with the\r\n        Service Control Manager and services.\r\n",
    );
    return 1;
  }
  const all = servicesOf(host.table.list());
  const named = wanted !== undefined && !/=$|^(type|state)/.test(wanted) ? wanted : undefined;
  const found = named === undefined ? all : all.filter(({ name }) => name.toLowerCase() === named);
  if (found.length === 0) {
    error.write(
      `[SC] ${verb === "qc" ? "OpenService" : "EnumQueryServicesStatus:OpenService"} FAILED 1060:\r\n\r\nThe specified service does not exist as an installed service.\r\n\r\n`,
    );
    return 1060;
  }
  const stopped = words.some((word) => /^(all|inactive)$/i.test(word)) || named !== undefined;
  for (const service of found) {
    if (verb === "qc") out.write(configOf(service));
    else if (stopped || service.pid !== undefined) out.write(stateOf(service, verb === "queryex"));
  }
  return 0;
};

function stateOf({ name, display, type, pid }: Service, extended: boolean): string {
  const running = pid !== undefined;
  return [
    ...["", `SERVICE_NAME: ${name}`, `DISPLAY_NAME: ${display}`],
    `        TYPE               : ${type === 32 ? "20  WIN32_SHARE_PROCESS" : "10  WIN32_OWN_PROCESS"}  `,
    `        STATE              : ${running ? "4  RUNNING" : "1  STOPPED"} `,
    "        WIN32_EXIT_CODE    : 0  (0x0)",
    "        SERVICE_EXIT_CODE  : 0  (0x0)",
    "        CHECKPOINT         : 0x0",
    "        WAIT_HINT          : 0x0",
    ...(extended ? [`        PID                : ${pid ?? 0}`, "        FLAGS              : "] : []),
    "",
  ].join("\r\n");
}

function configOf({ name, display, type, start, image, account }: Service): string {
  return [
    ...["[SC] QueryServiceConfig SUCCESS", "", `SERVICE_NAME: ${name}`],
    `        TYPE               : ${type === 32 ? "20  WIN32_SHARE_PROCESS" : "10  WIN32_OWN_PROCESS"} `,
    `        START_TYPE         : ${start === 2 ? "2   AUTO_START" : "3   DEMAND_START"}`,
    "        ERROR_CONTROL      : 1   NORMAL",
    `        BINARY_PATH_NAME   : ${image}`,
    `        DISPLAY_NAME       : ${display}`,
    `        SERVICE_START_NAME : ${account}`,
    "",
  ].join("\r\n");
}

const TASKS = [
  ["\\Microsoft\\Windows\\Defrag\\ScheduledDefrag", "C:\\Windows\\system32\\defrag.exe -c -h -k -g -$", 2],
  ["\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan", "C:\\Windows\\system32\\usoclient.exe StartScan", 1],
  ["\\Microsoft\\Windows\\Windows Defender\\Windows Defender Scheduled Scan", "MpCmdRun.exe Scan -ScheduleJob", 1],
  ["\\GoogleUpdateTaskMachineUA", "C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe /ua", 1],
] as const;

/** A task that the system starts by itself, and when it does next. */
export interface ScheduledTask {
  name: string;
  action: string;
  next: number;
}

/** The tasks of an endpoint: those of the system, and those of programs that it has. */
export function scheduledTasks(host: Pick<ProgramHost, "files" | "now">): ScheduledTask[] {
  const today = host.now() - (host.now() % 86_400_000);
  const google = host.files.find("C:\\Program Files (x86)\\Google\\Update\\googleupdate.exe") !== undefined;
  return TASKS.filter(([name]) => google || !name.includes("Google")).map(([name, action, days]) => ({
    ...{ name, action, next: today + days * 86_400_000 + 3 * 3_600_000 },
  }));
}

/** `schtasks /query`, with `/fo csv|list|table`. */
export const schtasks: Program = (call: Call) => {
  const { host, arguments: words, out, error } = call;
  const lower = words.map((word) => word.toLowerCase());
  if (lower.length > 0 && !lower.includes("/query")) {
    error.write("ERROR: Invalid syntax. Only /Query is allowed here.\r\n");
    return 1;
  }
  const rows = scheduledTasks(host).map(({ name, next: time }) => {
    const next = new Date(time);
    const day = `${next.getUTCMonth() + 1}/${next.getUTCDate()}/${next.getUTCFullYear()} 3:00:00 AM`;
    return [name, day, "Ready"];
  });
  const names = ["TaskName", "Next Run Time", "Status"];
  const form = lower.includes("/fo") ? lower[lower.indexOf("/fo") + 1] : "table";
  if (form === "csv") {
    const quoted = (cells: readonly string[]): string => `${cells.map((cell) => `"${cell}"`).join(",")}\r\n`;
    out.write((lower.includes("/nh") ? "" : quoted(names)) + rows.map(quoted).join(""));
  } else if (form === "list") {
    out.write(
      rows
        .map(
          (row) =>
            `\r\nHostName:      ${host.facts.hostname}\r\n${row.map((cell, n) => `${`${names[n]}:`.padEnd(15)}${cell}\r\n`).join("")}`,
        )
        .join(""),
    );
  } else out.write(`\r\nFolder: \\\r\n${table(names, rows)}`);
  return 0;
};
