import type { FilemodRecord, ProcessRecord } from "../domain/index.js";
import type { Catalogue } from "./catalogue.js";
import { type HostRecorder, push } from "./recorder.js";

/** What kind of program a process is, as far as its everyday events go. */
export type Manner =
  | "system"
  | "tool"
  | "browser"
  | "office"
  | "mail"
  | "chat"
  | "shell"
  | "build"
  | "updater"
  | "database"
  | "web"
  | "quiet";

interface Habits {
  modloads: readonly [number, number];
  filemods: readonly [number, number];
  regmods: readonly [number, number];
  netconns: readonly [number, number];
  files: readonly string[];
  keys: readonly string[];
  sites: readonly string[];
}

const run = "\\registry\\machine\\software\\microsoft\\windows\\currentversion";
const userKey = "\\registry\\user\\$sid\\software";

const habits: Record<Manner, Habits> = {
  system: {
    modloads: [3, 7],
    filemods: [0, 1],
    regmods: [0, 2],
    netconns: [0, 1],
    files: ["c:\\windows\\prefetch\\$name-$hex.pf", "c:\\windows\\temp\\$hex.tmp", "c:\\windows\\logs\\cbs\\cbs.log"],
    keys: [
      "\\registry\\machine\\system\\currentcontrolset\\services\\bam\\state\\usersettings\\$sid",
      `${run}\\diagnostics\\diagtrack\\$hex`,
      "\\registry\\machine\\system\\currentcontrolset\\control\\session manager\\pendingfilerenameoperations",
    ],
    sites: ["dc", "settings-win.data.microsoft.com:443", "ctldl.windowsupdate.com:80"],
  },
  tool: {
    modloads: [2, 5],
    filemods: [0, 0],
    regmods: [0, 0],
    netconns: [0, 0],
    files: [],
    keys: [],
    sites: [],
  },
  quiet: {
    modloads: [1, 4],
    filemods: [0, 0],
    regmods: [0, 1],
    netconns: [0, 0],
    files: [],
    keys: [`${run}\\applets\\$hex`],
    sites: [],
  },
  browser: {
    modloads: [4, 9],
    filemods: [1, 6],
    regmods: [0, 2],
    netconns: [0, 5],
    files: [
      "c:\\users\\$user\\appdata\\local\\google\\chrome\\user data\\default\\cache\\f_$hex",
      "c:\\users\\$user\\appdata\\local\\google\\chrome\\user data\\default\\history-journal",
      "c:\\users\\$user\\downloads\\$word.pdf",
    ],
    keys: [`${userKey}\\google\\chrome\\stabilitymetrics\\user_experience_metrics.stability.exited_cleanly`],
    sites: [
      "www.google.com:443",
      "outlook.office365.com:443",
      "www.wikipedia.org:443",
      "github.com:443",
      "cdn.jsdelivr.net:443",
      "news.ycombinator.com:443",
      "intranet.aldermoor.example:443",
      "www.bbc.co.uk:443",
      "login.microsoftonline.com:443",
    ],
  },
  office: {
    modloads: [5, 10],
    filemods: [1, 5],
    regmods: [1, 4],
    netconns: [0, 2],
    files: [
      "c:\\users\\$user\\documents\\$word.docx",
      "c:\\users\\$user\\documents\\~$$word.docx",
      "c:\\users\\$user\\documents\\$word.xlsx",
      "c:\\users\\$user\\appdata\\roaming\\microsoft\\office\\recent\\$word.lnk",
    ],
    keys: [
      `${userKey}\\microsoft\\office\\16.0\\word\\reading locations\\document $digit`,
      `${userKey}\\microsoft\\office\\16.0\\common\\roaming\\identities`,
      `${userKey}\\microsoft\\office\\16.0\\excel\\file mru\\item $digit`,
    ],
    sites: ["officeclient.microsoft.com:443", "nexusrules.officeapps.live.com:443", "sharepoint.aldermoor.example:443"],
  },
  mail: {
    modloads: [5, 9],
    filemods: [1, 4],
    regmods: [1, 3],
    netconns: [1, 4],
    files: [
      "c:\\users\\$user\\appdata\\local\\microsoft\\outlook\\$user@aldermoor.example.ost",
      "c:\\users\\$user\\appdata\\local\\microsoft\\windows\\inetcache\\content.outlook\\$hex\\$word.pdf",
    ],
    keys: [`${userKey}\\microsoft\\office\\16.0\\outlook\\profiles\\outlook\\$hex`],
    sites: ["outlook.office365.com:443", "autodiscover.aldermoor.example:443"],
  },
  chat: {
    modloads: [3, 7],
    filemods: [0, 3],
    regmods: [0, 1],
    netconns: [1, 3],
    files: [
      "c:\\users\\$user\\appdata\\roaming\\$stem\\cache\\data_$digit",
      "c:\\users\\$user\\appdata\\roaming\\$stem\\logs.txt",
    ],
    keys: [`${userKey}\\microsoft\\windows\\currentversion\\notifications\\settings\\$stem`],
    sites: ["wss-primary.slack.com:443", "teams.microsoft.com:443", "zoom.us:443"],
  },
  shell: {
    modloads: [3, 8],
    filemods: [0, 2],
    regmods: [0, 1],
    netconns: [0, 1],
    files: [
      "c:\\users\\$user\\appdata\\local\\temp\\__psscriptpolicytest_$hex.ps1",
      "c:\\users\\$user\\appdata\\roaming\\microsoft\\windows\\powershell\\psreadline\\consolehost_history.txt",
    ],
    keys: [`${userKey}\\microsoft\\windows\\currentversion\\explorer\\runmru\\mrulist`],
    sites: ["dc"],
  },
  build: {
    modloads: [2, 6],
    filemods: [1, 6],
    regmods: [0, 1],
    netconns: [0, 1],
    files: [
      "c:\\src\\gauge\\obj\\$word.obj",
      "c:\\src\\gauge\\bin\\$word.dll",
      "c:\\src\\gauge\\node_modules\\.cache\\$hex",
      "c:\\src\\gauge\\.git\\objects\\$hex",
    ],
    keys: [`${userKey}\\microsoft\\visualstudio\\17.0_$hex\\mrulist`],
    sites: ["registry.npmjs.org:443", "git.aldermoor.example:443", "api.nuget.org:443"],
  },
  updater: {
    modloads: [3, 6],
    filemods: [0, 3],
    regmods: [0, 2],
    netconns: [1, 2],
    files: ["c:\\windows\\temp\\$stem\\$hex.tmp", "c:\\program files (x86)\\$stem\\install\\$hex.cab"],
    keys: [`${run}\\installer\\userdata\\s-1-5-18\\components\\$hex`, `${run}\\uninstall\\$stem\\displayversion`],
    sites: [
      "update.googleapis.com:443",
      "armmf.adobe.com:443",
      "aus5.mozilla.org:443",
      "download.windowsupdate.com:80",
    ],
  },
  database: {
    modloads: [3, 7],
    filemods: [2, 8],
    regmods: [0, 2],
    netconns: [1, 4],
    files: ["d:\\data\\ledger.mdf", "d:\\logs\\ledger_log.ldf", "d:\\backup\\ledger_$hex.bak"],
    keys: ["\\registry\\machine\\software\\microsoft\\microsoft sql server\\mssql15.mssqlserver\\setup\\$hex"],
    sites: ["dc"],
  },
  web: {
    modloads: [4, 8],
    filemods: [1, 5],
    regmods: [0, 1],
    netconns: [2, 5],
    files: ["c:\\inetpub\\logs\\logfiles\\w3svc1\\u_ex$digit.log", "c:\\inetpub\\temp\\apppools\\$hex.config"],
    keys: ["\\registry\\machine\\software\\microsoft\\inetstp\\components\\$hex"],
    sites: ["sql.aldermoor.example:1433", "intranet.aldermoor.example:443"],
  },
};

const words =
  "invoice budget forecast minutes contract offer plan review inventory roadmap summary calibration order schedule report notes draft training travel payroll".split(
    " ",
  );
const base = [
  "ntdll.dll",
  "kernel32.dll",
  "kernelbase.dll",
  "user32.dll",
  "advapi32.dll",
  "msvcrt.dll",
  "rpcrt4.dll",
  "combase.dll",
];

/** Addresses of names: one fixed address a name, from the ranges kept for benchmarks and documentation. */
export function addressOf(domain: string): string {
  if (domain.endsWith(".aldermoor.example")) return `10.20.30.${10 + (sum(domain) % 200)}`;
  return `198.18.${sum(domain) % 256}.${1 + (sum(`${domain}/low`) % 254)}`;
}

function sum(text: string): number {
  let total = 7;
  for (let i = 0; i < text.length; i++) total = (total * 31 + text.charCodeAt(i)) % 65_521;
  return total;
}

/** Gives a Windows process the events that such a program has in everyday life, within its lifetime. */
export function live(
  host: HostRecorder,
  catalogue: Catalogue,
  process: ProcessRecord,
  manner: Manner,
  product = "windows",
): void {
  const { random } = host;
  const habit = habits[manner];
  const until = Math.min(process.end ?? process.start + 4 * 3_600_000, host.now);
  const span = Math.max(1, until - process.start);
  const account = process.username.slice(process.username.indexOf("\\") + 1).toLowerCase();
  const user = account === "system" || account === "" ? "public" : account;
  const stem = process.process_name.replace(/\.exe$/, "");
  const fillIn = (pattern: string): string =>
    pattern.includes("$")
      ? pattern.replace(/\$(user|name|stem|hex|word|digit|sid)/g, (_, key: string) => {
          switch (key) {
            case "user":
              return user;
            case "name":
              return process.process_name;
            case "stem":
              return stem;
            case "hex":
              return random.hex(8);
            case "word":
              return `${random.pick(words)}-${random.between(2, 98)}`;
            case "digit":
              return String(random.between(1, 40));
            default:
              return "s-1-5-21-3623811015-3361044348-30300820-1131";
          }
        })
      : pattern;

  const loads = random.between(...habit.modloads);
  const own = product === "windows" ? Math.ceil(loads / 2) : Math.ceil(loads / 3);
  for (let i = 0; i < loads - own && i < base.length; i++) {
    host.modload(process, catalogue.program(base[i] ?? "ntdll.dll"), process.start + 3 + 2 * i);
  }
  for (const image of catalogue.librariesInTurn(product, own)) {
    host.modload(process, image, process.start + 20 + random.between(0, Math.min(span, 4000)));
  }
  for (let i = random.between(...habit.filemods); i > 0 && habit.files.length > 0; i--) {
    const time = process.start + random.between(0, span - 1);
    const path = fillIn(random.pick(habit.files));
    writeFile(host, process, time, path);
  }
  for (let i = random.between(...habit.regmods); i > 0 && habit.keys.length > 0; i--) {
    const type = random.chance(0.8) ? 2 : random.pick([1, 4, 8] as const);
    host.regmod(process, process.start + random.between(0, span - 1), type, fillIn(random.pick(habit.keys)));
  }
  for (let i = random.between(...habit.netconns); i > 0 && habit.sites.length > 0; i--) {
    connect(host, process, process.start + random.between(0, span - 1), random.pick(habit.sites));
  }
}

function writeFile(host: HostRecorder, process: ProcessRecord, time: number, path: string): void {
  const { random } = host;
  const roll = random.fraction();
  const type: FilemodRecord["type"] = roll < 0.45 ? 1 : roll < 0.7 ? 2 : roll < 0.88 ? 8 : 4;
  const filetype = path.endsWith(".pdf") ? 48 : path.endsWith(".docx") || path.endsWith(".xlsx") ? 17 : 0;
  const extra = type === 8 ? { md5: random.hex(32), filetype } : {};
  host.filemod(process, time, type, path, extra);
}

/** A connection to `name:port`, or to the domain controller by the protocols that a client speaks with it. */
export function connect(host: HostRecorder, process: ProcessRecord, time: number, site: string): void {
  const { random } = host;
  if (site === "dc") {
    const port = random.pick([53, 88, 135, 389, 445]);
    const proto = port === 53 ? 17 : 6;
    host.netconn(process, time, { ip: "10.20.30.25", port, domain: "dc-01.aldermoor.example" }, { proto });
    return;
  }
  const colon = site.lastIndexOf(":");
  const domain = site.slice(0, colon);
  host.netconn(process, time, { ip: addressOf(domain), port: Number(site.slice(colon + 1)), domain });
}

/** A program on the ban list was started and stopped by the sensor. */
export function block(
  process: ProcessRecord,
  time: number,
  blocked: { md5: string; path: string; cmdline: string },
): void {
  push(process, "processblock", {
    time,
    block_type: "MD5",
    block_event: "ProcessCreate",
    block_result: "ProcessTerminated",
    block_error: 0,
    blocked_md5: blocked.md5,
    blocked_path: blocked.path,
    blocked_cmdline: blocked.cmdline,
    blocked_uid: "S-1-5-21-3623811015-3361044348-30300820-1131",
    blocked_username: process.username,
  });
}
