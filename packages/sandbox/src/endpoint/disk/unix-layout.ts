import type { HostFacts } from "../facts.js";
import { noiseContent } from "./content.js";
import { layDocuments } from "./documents.js";
import type { Layout } from "./layout.js";

const lines = (...text: string[]): string => `${text.join("\n")}\n`;

/** What every Linux endpoint has besides its programs. */
export function layLinux(layout: Layout, facts: HostFacts): void {
  layout.directories("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/lib64");
  for (const name of ["bin", "sbin", "lib", "lib64"]) layout.link(`/${name}`, `usr/${name}`);
  // As on every Debian: a directory that contains itself.
  layout.link("/usr/bin/X11", "/usr/bin");
  layout.directories(
    "/boot",
    "/dev",
    "/media",
    "/mnt",
    "/opt",
    "/run",
    "/srv",
    "/tmp",
    "/root",
    "/usr/share",
    "/usr/local/bin",
  );
  layout.directories("/var/lib/cb", "/var/spool/cron", "/var/tmp", "/var/cache", "/etc/cron.d", "/etc/cron.hourly");
  layout.directory("/lost+found", { lock: "denied" });
  layout.link("/var/run", "/run");
  layout.file("/dev/null", "");
  layout.file("/proc/kcore", noiseContent("kcore", facts.sensor.physical_memory_size), { lock: "denied" });
  layout.file("/proc/version", () => lines(`Linux version ${linuxKernel(facts)} (gcc 12.2.0) #1 SMP PREEMPT_DYNAMIC`));
  const people = facts.accounts;
  const { hostname } = facts;
  layout.file("/etc/hostname", lines(hostname));
  layout.file("/etc/os-release", () => osRelease(facts));
  layout.file(
    "/etc/hosts",
    lines("127.0.0.1\tlocalhost", `${facts.address}\t${facts.sensor.computer_dns_name} ${hostname}`),
  );
  layout.file("/etc/resolv.conf", () => lines(`nameserver ${facts.nameServer}`, `search ${facts.dnsDomain}`));
  layout.file("/etc/fstab", lines("UUID=8f7f5c1e-1c1e-4f4e-9d80-2c8d6a6d1b11 / ext4 errors=remount-ro 0 1"));
  layout.file("/etc/passwd", () => passwd(people.map(({ name }) => name)));
  layout.file("/etc/group", () =>
    lines("root:x:0:", "daemon:x:1:", "sudo:x:27:", ...people.map(({ name }, n) => `${name}:x:${1000 + n}:`)),
  );
  layout.file("/etc/shadow", () =>
    lines("root:*:19500:0:99999:7:::", ...people.map(({ name }) => `${name}:!:19500:0:99999:7:::`)),
  );
  layout.file("/etc/crontab", lines("SHELL=/bin/sh", "17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly"));
  layout.file("/etc/ssh/sshd_config", lines("Port 22", "PermitRootLogin no", "PasswordAuthentication no"));
  const written = { created: facts.installTime, written: facts.bootTime };
  layout.file("/var/log/syslog", () => systemLog(facts), written);
  layout.file("/var/log/auth.log", () => loginLog(facts), written);
  layout.file("/var/log/dpkg.log", lines("2025-11-03 06:12:44 startup archives unpack"), written);
  for (const { name } of people) layHome(layout, facts, name, `/home/${name}`, ".bash_history");
}

/** What every Mac has besides its programs. */
export function layMac(layout: Layout, facts: HostFacts): void {
  for (const name of ["tmp", "etc", "var"]) {
    layout.directory(`/private/${name}`);
    layout.link(`/${name}`, `private/${name}`);
  }
  layout.directories(
    "/usr/bin",
    "/usr/sbin",
    "/usr/libexec",
    "/usr/local/bin",
    "/bin",
    "/sbin",
    "/opt",
    "/Volumes",
    "/Applications",
  );
  layout.link("/Volumes/Macintosh HD", "/");
  layout.directories(
    "/Library/LaunchAgents",
    "/Library/LaunchDaemons",
    "/System/Library",
    "/Users/Shared",
    "/var/log",
    "/var/lib/cb",
  );
  layout.directory("/.Spotlight-V100", { lock: "denied" });
  layout.file("/dev/null", "");
  layout.file("/etc/hosts", lines("127.0.0.1\tlocalhost", "255.255.255.255\tbroadcasthost", "::1\tlocalhost"));
  layout.file(
    "/etc/passwd",
    lines(
      "nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false",
      "root:*:0:0:System Administrator:/var/root:/bin/sh",
    ),
  );
  layout.file("/etc/resolv.conf", () => lines(`nameserver ${facts.nameServer}`));
  const version = /\d+(\.\d+)*/.exec(facts.sensor.os_environment_display_string)?.[0] ?? "14.2";
  const dict = `<dict><key>ProductName</key><string>macOS</string><key>ProductVersion</key><string>${version}</string></dict>`;
  layout.file(
    "/System/Library/CoreServices/SystemVersion.plist",
    lines('<?xml version="1.0"?>', `<plist version="1.0">${dict}</plist>`),
  );
  layout.file("/var/log/system.log", () => systemLog(facts), { created: facts.installTime, written: facts.bootTime });
  layout.file("/var/log/install.log", lines("softwareupdated: No updates available"));
  for (const { name } of facts.accounts) layHome(layout, facts, name, `/Users/${name}`, ".zsh_history");
}

function layHome(layout: Layout, facts: HostFacts, name: string, home: string, history: string): void {
  const account = facts.accounts.find((each) => each.name === name);
  if (account === undefined) return;
  const created = facts.sensor.registration_time;
  layout.directory(home, { created });
  layout.file(`${home}/${history}`, lines("ls -la", "cd /srv", "df -h"), { created });
  layout.file(`${home}/.profile`, lines("umask 022"), { created });
  layDocuments(layout, facts, account, `${home}/Documents/`, `${home}/Desktop/`);
}

/** The kernel that goes with a Linux of some name. */
export function linuxKernel(facts: HostFacts): string {
  return /ubuntu/i.test(facts.sensor.os_environment_display_string) ? "5.15.0-91-generic" : "6.1.0-17-amd64";
}

function osRelease(facts: HostFacts): string {
  const pretty = facts.sensor.os_environment_display_string.replace(/,?\s*(32|64)-bit$/i, "");
  const [name = "Linux"] = pretty.split(" ");
  const version = /\d+(\.\d+)*/.exec(pretty)?.[0] ?? "";
  return lines(`PRETTY_NAME="${pretty}"`, `NAME="${name}"`, `VERSION_ID="${version}"`, `ID=${name.toLowerCase()}`);
}

function passwd(people: readonly string[]): string {
  return lines(
    ...["root:x:0:0:root:/root:/bin/bash", "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin"],
    ...[
      "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin",
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    ],
    ...people.map((name, n) => `${name}:x:${1000 + n}:${1000 + n}::/home/${name}:/bin/bash`),
  );
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function syslogTime(time: number): string {
  const date = new Date(time);
  const clock = date.toISOString().slice(11, 19);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock}`;
}

function systemLog(facts: HostFacts): string {
  const random = facts.random("syslog");
  let at = facts.bootTime;
  const said = [
    "systemd[1]: Started Session",
    "CRON[2210]: (root) CMD (run-parts)",
    "chronyd[32]: Selected source",
    "kernel: audit: type=1400",
  ];
  const entries = Array.from({ length: 80 }, () => {
    at += random.between(1_000, 400_000);
    return `${syslogTime(at)} ${facts.hostname} ${random.pick(said)} ${random.between(1, 999)}`;
  });
  return lines(
    `${syslogTime(facts.bootTime)} ${facts.hostname} kernel: Linux version ${linuxKernel(facts)}`,
    ...entries,
  );
}

function loginLog(facts: HostFacts): string {
  const random = facts.random("auth");
  const name = facts.accounts[0]?.name ?? "root";
  let at = facts.bootTime;
  const entries = Array.from({ length: 20 }, () => {
    at += random.between(600_000, 9_000_000);
    return `${syslogTime(at)} ${facts.hostname} sshd[${random.between(900, 30_000)}]: Accepted publickey for ${name} from 10.20.13.${random.between(20, 60)} port ${random.between(49_152, 65_535)} ssh2`;
  });
  return lines(...entries);
}
