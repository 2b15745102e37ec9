import type { ProgramHost } from "../../../endpoint/programs/host.js";
import { EVERYWHERE, fileLines, numbers, seconds, table, texts } from "./table.js";

/** Somebody who has an account on a device, or one that the system has for itself. */
interface LocalUser {
  readonly uid: number;
  readonly gid: number;
  readonly username: string;
  readonly description: string;
  readonly directory: string;
  readonly shell: string;
  /** The SID on Windows. */
  readonly uuid: string;
  readonly type: "local" | "roaming" | "special";
}

/** `S-1-5-21-...-1105` is account 1105 of its authority. */
const lastOf = (sid: string): number => Number(/(\d+)$/.exec(sid)?.[1] ?? 0);

const SHELL = "C:\\Windows\\system32\\cmd.exe";
const SPECIAL = [
  ["SYSTEM", "S-1-5-18", "C:\\Windows\\system32\\config\\systemprofile"],
  ["LOCAL SERVICE", "S-1-5-19", "C:\\Windows\\ServiceProfiles\\LocalService"],
  ["NETWORK SERVICE", "S-1-5-20", "C:\\Windows\\ServiceProfiles\\NetworkService"],
] as const;

function windowsUsers({ facts }: ProgramHost): LocalUser[] {
  const own = facts.accounts.map(({ name, authority, sid }): LocalUser => {
    const local = authority.toLowerCase() === facts.hostname.toLowerCase();
    return {
      ...{ uid: lastOf(sid), gid: local ? 544 : 513, username: name, description: "", directory: `C:\\Users\\${name}` },
      ...{ shell: SHELL, uuid: sid, type: local ? "local" : "roaming" },
    };
  });
  const special = SPECIAL.map(([username, uuid, directory]): LocalUser => {
    const uid = lastOf(uuid);
    return { uid, gid: uid, username, description: "", directory, shell: SHELL, uuid, type: "special" };
  });
  return [...own, ...special];
}

function unixUsers(host: ProgramHost): LocalUser[] {
  const listed = fileLines(host, "/etc/passwd").flatMap((line): LocalUser[] => {
    const [username = "", , uid, gid, description = "", directory = "", shell = ""] = line.split(":");
    if (username === "" || !/^-?\d+$/.test(uid ?? "")) return [];
    return [
      { ...{ uid: Number(uid), gid: Number(gid), username, description, directory, shell, uuid: "", type: "local" } },
    ];
  });
  if (host.sensor.os_type !== "osx") return listed;
  // Those who log on to a Mac are in its directory service, and not in this file.
  const people = host.facts.accounts.map(({ name }, n): LocalUser => {
    const home = { directory: `/Users/${name}`, shell: "/bin/zsh" };
    return { ...{ uid: 501 + n, gid: 20, username: name, description: "", uuid: "", type: "local" }, ...home };
  });
  return [...people, ...listed.filter(({ username }) => !people.some((each) => each.username === username))];
}

/** The accounts of a device. */
export const usersOf = (host: ProgramHost): LocalUser[] => (host.isWindows ? windowsUsers(host) : unixUsers(host));

/** The number of the account that a process runs under. */
export function uidsOf(host: ProgramHost): (process: { username: string; sid: string }) => number {
  const byName = new Map(usersOf(host).map(({ username, uid }) => [username, uid]));
  return ({ username, sid }) => (sid === "" ? (byName.get(username) ?? 0) : lastOf(sid));
}

const WINDOWS_GROUPS = [
  ["Administrators", "S-1-5-32-544"],
  ["Users", "S-1-5-32-545"],
  ["Guests", "S-1-5-32-546"],
  ["Backup Operators", "S-1-5-32-551"],
  ["Remote Desktop Users", "S-1-5-32-555"],
] as const;

/** Accounts, and who is there. */
export const accountTables = [
  table(
    "users",
    EVERYWHERE,
    {
      ...numbers("uid", "gid", "uid_signed", "gid_signed"),
      ...texts("username", "description", "directory", "shell", "uuid", "type"),
    },
    (host) => usersOf(host).map((user) => ({ ...user, uid_signed: user.uid, gid_signed: user.gid })),
  ),
  table(
    "groups",
    EVERYWHERE,
    { ...numbers("gid", "gid_signed"), ...texts("groupname", "group_sid", "comment") },
    (host) => {
      if (host.isWindows) {
        return WINDOWS_GROUPS.map(([groupname, group_sid]) => {
          const gid = lastOf(group_sid);
          return { gid, gid_signed: gid, groupname, group_sid, comment: "" };
        });
      }
      return fileLines(host, "/etc/group").map((line) => {
        const [groupname = "", , gid] = line.split(":");
        return { gid: Number(gid), gid_signed: Number(gid), groupname, group_sid: "", comment: "" };
      });
    },
  ),
  table("user_groups", EVERYWHERE, numbers("uid", "gid"), (host) =>
    usersOf(host).map(({ uid, gid }) => ({ uid, gid })),
  ),
  table(
    "logged_in_users",
    EVERYWHERE,
    { ...texts("type", "user", "tty", "host", "sid", "registry_hive"), ...numbers("time", "pid") },
    (host) => {
      const people = new Map(host.facts.accounts.map((account) => [account.name.toLowerCase(), account]));
      const here = new Map<string, { name: string; sid: string; pid: number; time: number }>();
      for (const { username, pid, create_time } of host.table.list()) {
        const name = username.slice(username.lastIndexOf("\\") + 1);
        const account = people.get(name.toLowerCase());
        const known = here.get(name.toLowerCase());
        if (account === undefined || (known !== undefined && known.time <= create_time)) continue;
        here.set(name.toLowerCase(), { name: account.name, sid: account.sid, pid, time: create_time });
      }
      return [...here.values()].map(({ name, sid, pid, time }) => ({
        ...{ type: host.isWindows ? "active" : "user", user: name, tty: host.isWindows ? "Console" : "console" },
        ...{ host: "", time: seconds(time), pid, sid, registry_hive: sid === "" ? "" : `HKEY_USERS\\${sid}` },
      }));
    },
  ),
  table("shell_history", ["linux", "osx"], { ...numbers("uid", "time"), ...texts("command", "history_file") }, (host) =>
    usersOf(host).flatMap(({ uid, directory }) =>
      [".bash_history", ".zsh_history"].flatMap((name) => {
        const history_file = `${directory}/${name}`;
        return fileLines(host, history_file).map((command) => ({ uid, time: 0, command, history_file }));
      }),
    ),
  ),
];
