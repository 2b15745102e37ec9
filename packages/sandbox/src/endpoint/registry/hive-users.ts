import type { Account, HostFacts } from "../facts.js";
import type { EndpointProcess } from "../machine.js";
import { RegistryKey } from "./key.js";

/** What the hives of users are filled from. */
interface UsersSource {
  facts: HostFacts;
  processes: () => readonly EndpointProcess[];
}

/** The hives of the system's own accounts and of everybody who has a profile. */
export function fillUsers(users: RegistryKey, { facts, processes }: UsersSource): void {
  users.make(".DEFAULT").fillLater((key) => fillProfile(key, "C:\\Windows\\system32\\config\\systemprofile"));
  users.put(new RegistryKey("S-1-5-18", false, "HKEY_USERS\\.DEFAULT"));
  for (const sid of ["S-1-5-19", "S-1-5-20"]) users.make(sid).fillLater((key) => key.make("Environment"));
  for (const account of facts.accounts) {
    users.make(account.sid).fillLater((key) => {
      fillProfile(key, `C:\\Users\\${account.name}`);
      fillPerson(key, facts, account, processes());
    });
    users.put(new RegistryKey(`${account.sid}_Classes`, false, `HKEY_USERS\\${account.sid}\\Software\\Classes`));
  }
}

function fillProfile(key: RegistryKey, home: string): void {
  const environment = key.make("Environment");
  environment.set("TEMP", "REG_EXPAND_SZ", "%USERPROFILE%\\AppData\\Local\\Temp");
  environment.set("TMP", "REG_EXPAND_SZ", "%USERPROFILE%\\AppData\\Local\\Temp");
  key
    .make("Control Panel\\Desktop")
    .texts({ Wallpaper: "C:\\Windows\\web\\wallpaper\\Windows\\img0.jpg", ScreenSaveActive: "1" });
  const current = key.make("Software\\Microsoft\\Windows\\CurrentVersion");
  current.make("Run");
  current.make("RunOnce");
  current.make("Explorer\\Shell Folders").texts({
    ...{ Desktop: `${home}\\Desktop`, Personal: `${home}\\Documents` },
    Startup: `${home}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup`,
  });
  key.make("Software\\Classes");
}

function fillPerson(key: RegistryKey, facts: HostFacts, account: Account, processes: readonly EndpointProcess[]): void {
  const own = `${account.authority}\\${account.name}`.toLowerCase();
  const current = key.make("Software\\Microsoft\\Windows\\CurrentVersion");
  // What started with the desktop and waits in the background is what starts at every logon.
  for (const { path, command_line, username } of processes) {
    if (username.toLowerCase() !== own || !command_line.includes("--background")) continue;
    const stem = /([^\\]+)\.exe$/i.exec(path)?.[1];
    if (stem !== undefined) current.make("Run").texts({ [stem]: command_line });
  }
  const ran = current.make("Explorer\\RunMRU");
  ran.texts({ a: "cmd\\1", b: "\\\\file-01\\public\\1", MRUList: "ba" });
  current
    .make("Explorer\\RecentDocs\\.csv")
    .set("0", "REG_BINARY", Buffer.from("figures.csv\0", "utf16le").toString("base64"));
  key.make("Volatile Environment").texts({
    ...{ USERNAME: account.name, USERDOMAIN: account.authority, USERPROFILE: `C:\\Users\\${account.name}` },
    ...{ HOMEDRIVE: "C:", HOMEPATH: `\\Users\\${account.name}`, LOGONSERVER: `\\\\${facts.domain}` },
  });
  key.make("Network");
}
