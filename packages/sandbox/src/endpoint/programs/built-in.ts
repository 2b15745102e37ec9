import type { OsType } from "../../domain/index.js";
import { baseName } from "../../paths.js";
import { cmd } from "./cmd/cmd.js";
import type { Program } from "./program.js";
import { sh } from "./sh/sh.js";
import * as unixFiles from "./unix/files.js";
import * as unix from "./unix/system.js";
import { hostname, systeminfo, whoami } from "./windows/identity.js";
import { ipconfig, net, netstat, ping } from "./windows/network.js";
import { sc, schtasks, taskkill, tasklist } from "./windows/processes.js";
import { reg } from "./windows/reg.js";
import { find, findstr, more, sort, timeout, where } from "./windows/text.js";

const under = (folder: string, programs: Record<string, Program>): [string, Program][] =>
  Object.entries(programs).map(([name, program]) => [`${folder}${name}`, program]);

const done: Program = () => 0;

const WINDOWS = under("C:\\Windows\\System32\\", {
  ...{ "cmd.exe": cmd, "whoami.exe": whoami, "hostname.exe": hostname, "systeminfo.exe": systeminfo },
  ...{ "ipconfig.exe": ipconfig, "netstat.exe": netstat, "ping.exe": ping, "net.exe": net, "net1.exe": net },
  ...{ "tasklist.exe": tasklist, "taskkill.exe": taskkill, "sc.exe": sc, "schtasks.exe": schtasks, "reg.exe": reg },
  ...{ "find.exe": find, "findstr.exe": findstr, "more.com": more, "sort.exe": sort, "timeout.exe": timeout },
  ...{ "where.exe": where, "chcp.com": done },
});

const SHARED: Record<string, Program> = {
  ...{ sh, bash: sh, ls: unixFiles.ls, cat: unixFiles.cat, rm: unixFiles.rm, mkdir: unixFiles.mkdir, mv: unixFiles.mv },
  ...{ rmdir: unixFiles.rmdir, cp: unixFiles.cp, df: unixFiles.df, echo: unix.echo, ps: unix.ps, kill: unix.kill },
  ...{ sleep: unix.sleepProgram, hostname: unix.hostname, date: unix.date, chmod: done },
};
const UTILITIES: Record<string, Program> = {
  ...{
    whoami: unix.whoami,
    id: unix.id,
    uname: unix.uname,
    grep: unix.grep,
    head: unix.headOrTail,
    tail: unix.headOrTail,
  },
  ...{ wc: unix.wc, touch: unixFiles.touch, env: unix.env, printenv: unix.env, which: unix.which, true: done },
  false: () => 1,
};

/** The programs that are built in, by where they lie on each system: they do what their namesakes do, on the endpoint. */
export const BUILT_IN: Record<OsType, readonly (readonly [path: string, program: Program])[]> = {
  windows: WINDOWS,
  linux: [
    ...under("/usr/bin/", {
      ...SHARED,
      ...UTILITIES,
      ss: unix.sockets,
      netstat: unix.sockets,
      ping: unix.ping,
      chown: done,
    }),
    ...under("/usr/sbin/", { ip: unix.addresses, ifconfig: unix.addresses }),
  ],
  osx: [
    ...under("/bin/", { ...SHARED, zsh: sh }),
    ...under("/usr/bin/", UTILITIES),
    ...under("/sbin/", { ifconfig: unix.addresses, ping: unix.ping }),
    ...under("/usr/sbin/", { netstat: unix.sockets, chown: done }),
  ],
};

const byName = new Map<string, Program>();

/** The built-in program of a name; on Windows with its extension, in any case. */
export function builtIn(system: OsType, name: string): Program | undefined {
  if (byName.size === 0) {
    for (const [os, programs] of Object.entries(BUILT_IN)) {
      for (const [path, program] of programs) byName.set(`${os} ${baseName(path)}`, program);
    }
  }
  return byName.get(`${system} ${system === "windows" ? name.toLowerCase() : name}`);
}
