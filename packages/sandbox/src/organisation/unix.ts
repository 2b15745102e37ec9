import type { ProcessRecord } from "../domain/index.js";
import { addressOf, connect } from "./behaviour.js";
import type { Catalogue } from "./catalogue.js";
import type { Host } from "./hosts.js";
import type { HostRecorder, Start } from "./recorder.js";
import { momentOfWork } from "./scene.js";

const HOUR = 3_600_000;

/** One Linux or macOS endpoint: how programs are started there. */
class UnixHost {
  readonly host: Host;
  readonly recorder: HostRecorder;
  readonly catalogue: Catalogue;
  readonly #os: "Linux" | "OSX";

  constructor(host: Host, recorder: HostRecorder, catalogue: Catalogue) {
    this.host = host;
    this.recorder = recorder;
    this.catalogue = catalogue;
    this.#os = host.sensor.os_type === "linux" ? "Linux" : "OSX";
  }

  run(
    parent: ProcessRecord | undefined,
    name: string,
    at: number,
    cmdline: string,
    lasting?: number,
    options: Partial<Start> = {},
  ): ProcessRecord {
    const { random } = this.recorder;
    const image = this.catalogue.program(name, this.#os);
    const username = options.username ?? parent?.username ?? "root";
    const started = this.recorder.start(parent, image, {
      at,
      cmdline,
      uid: username === "root" ? "0" : username.startsWith("_") ? "65" : "1000",
      ...(lasting === undefined ? {} : { end: at + Math.max(3, Math.floor(lasting * (0.5 + random.fraction()))) }),
      ...options,
      username,
    });
    const product = this.#os === "Linux" ? "linux" : "mac";
    const libraries = this.catalogue.librariesInTurn(product, random.between(1, 4));
    for (const library of libraries) this.recorder.modload(started, library, started.start + 1);
    return started;
  }

  files(process: ProcessRecord, most: number, paths: readonly string[]): void {
    const { random, now } = this.recorder;
    const span = Math.min(process.end ?? process.start + HOUR, now) - process.start;
    for (let i = random.between(0, most); i > 0; i--) {
      const path = random.pick(paths).replace("$hex", random.hex(6)).replace("$user", this.host.user);
      this.recorder.filemod(
        process,
        process.start + random.between(0, Math.max(0, span)),
        random.pick([1, 2, 8] as const),
        path,
      );
    }
  }
}

/** A Linux server from systemd down, working until it has had `total` processes. */
export function linuxHistory(host: Host, recorder: HostRecorder, catalogue: Catalogue, total: number): void {
  const unix = new UnixHost(host, recorder, catalogue);
  const { random } = recorder;
  let clock = host.bootedAt;
  const systemd = unix.run(undefined, "systemd", clock, "/sbin/init", undefined, {
    pid: 1,
    username: "root",
    segments: 4,
  });
  const daemon = (name: string, cmdline: string, username = "root"): ProcessRecord => {
    clock += random.between(100, 2500);
    const started = unix.run(systemd, name, clock, cmdline, undefined, { username, segments: random.between(1, 3) });
    unix.files(started, 4, ["/var/log/syslog", "/run/$hex.pid", "/var/lib/private/$hex"]);
    return started;
  };
  daemon("systemd-journald", "/lib/systemd/systemd-journald");
  daemon("systemd-logind", "/lib/systemd/systemd-logind");
  daemon("systemd-resolved", "/lib/systemd/systemd-resolved", "systemd-resolve");
  daemon("rsyslogd", "/usr/sbin/rsyslogd -n -iNONE", "syslog");
  daemon("chronyd", "/usr/sbin/chronyd -F 1", "_chrony");
  daemon("dbus-daemon", "/usr/bin/dbus-daemon --system --address=systemd:", "messagebus");
  daemon("agetty", "/sbin/agetty -o -p -- \\u --noclear tty1 linux");
  daemon("containerd", "/usr/bin/containerd");
  daemon("dockerd", "/usr/bin/dockerd -H fd://");
  const cron = daemon("cron", "/usr/sbin/cron -f -P");
  const sshd = daemon("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups");
  const nginx = daemon("nginx", "nginx: master process /usr/sbin/nginx -g daemon on;");
  const postgres = daemon("postgres", "/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main", "postgres");

  while (recorder.count < total) {
    const at = momentOfWork(host, recorder);
    const choice = random.between(0, 9);
    if (choice < 4) cronJob(unix, cron, at);
    else if (choice < 7) secureShell(unix, sshd, at);
    else if (choice < 8) {
      const worker = unix.run(nginx, "nginx", at, "nginx: worker process", 8 * HOUR, { username: "www-data" });
      recorder.netconn(
        worker,
        at + 500,
        { ip: `10.20.11.${random.between(20, 60)}`, port: random.between(49152, 65535) },
        { outbound: false, local_port: 443 },
      );
    } else if (choice < 9) {
      const backend = unix.run(postgres, "postgres", at, "postgres: ledger ledger 10.20.30.41(51544) idle", HOUR);
      unix.files(backend, 4, [
        "/var/lib/postgresql/15/main/base/16384/$hex",
        "/var/lib/postgresql/15/main/pg_wal/$hex",
      ]);
    } else {
      const upgrade = unix.run(
        systemd,
        "unattended-upgrade",
        at,
        "/usr/bin/python3 /usr/bin/unattended-upgrade",
        90_000,
      );
      connect(recorder, upgrade, at + 900, "archive.ubuntu.com:80");
      unix.run(
        upgrade,
        "dpkg",
        at + 3_000,
        "/usr/bin/dpkg --status-fd 10 --no-triggers --unpack --auto-deconfigure",
        8_000,
      );
    }
  }
}

function cronJob(unix: UnixHost, cron: ProcessRecord, at: number): void {
  const { random } = unix.recorder;
  const fork = unix.run(cron, "cron", at, "/usr/sbin/CRON -f -P", 9_000);
  const [cmdline, tools] = random.pick([
    ["/bin/sh -c cd / && run-parts --report /etc/cron.hourly", ["run-parts", "logrotate"]],
    ["/bin/sh -c /opt/ledger/bin/export.sh", ["pg_dump", "gzip", "rsync"]],
    ["/bin/sh -c find /srv/exchange -mtime +14 -delete", ["find"]],
    ["/bin/sh -c df -h | tail -n +2 | awk '{print $5}'", ["df", "tail", "awk"]],
  ] as const);
  const shell = unix.run(fork, "sh", at + 5, cmdline, 8_000);
  tools.forEach((tool, index) => {
    const started = unix.run(
      shell,
      tool,
      at + 10 + 20 * index,
      `${tool} ${tool === "rsync" ? "-a /srv/exchange file-01:/in" : ""}`.trim(),
      5_000,
    );
    unix.files(started, 2, ["/srv/exchange/ledger-$hex.sql.gz", "/var/log/ledger/export.log"]);
  });
}

function secureShell(unix: UnixHost, sshd: ProcessRecord, at: number): void {
  const { random } = unix.recorder;
  const { user } = unix.host;
  const session = unix.run(sshd, "sshd", at, `sshd: ${user} [priv]`, HOUR);
  unix.recorder.netconn(
    session,
    at + 20,
    { ip: `10.20.13.${random.between(20, 60)}`, port: random.between(49152, 65535) },
    { outbound: false, local_port: 22 },
  );
  const child = unix.run(session, "sshd", at + 300, `sshd: ${user}@pts/0`, HOUR, { username: user });
  const bash = unix.run(child, "bash", at + 420, "-bash", HOUR, { username: user });
  unix.files(bash, 1, ["/home/$user/.bash_history"]);
  for (let i = random.between(1, 6); i > 0; i--) {
    const [name, cmdline] = random.pick([
      ["ls", "ls -la /srv"],
      ["ps", "ps aux"],
      ["top", "top -b -n 1"],
      ["systemctl", "systemctl status nginx"],
      ["journalctl", "journalctl -u ledger --since today"],
      ["vim", "vim /etc/nginx/sites-enabled/ledger"],
      ["git", "git pull --ff-only"],
      ["docker", "docker ps --format {{.Names}}"],
      ["curl", "curl -fsS http://localhost:8080/health"],
      ["sudo", "sudo systemctl reload nginx"],
      ["grep", "grep -c ERROR /var/log/ledger/app.log"],
    ] as const);
    const started = unix.run(bash, name, at + random.between(1_000, 600_000), cmdline, 4_000);
    if (name === "vim")
      unix.files(started, 3, ["/etc/nginx/sites-enabled/.ledger.swp", "/etc/nginx/sites-enabled/ledger"]);
    if (name === "git")
      unix.recorder.netconn(started, started.start + 60, {
        ip: addressOf("git.aldermoor.example"),
        port: 443,
        domain: "git.aldermoor.example",
      });
    if (name === "sudo")
      unix.run(started, "systemctl", started.start + 30, "systemctl reload nginx", 300, { username: "root" });
  }
}

/** A Mac from launchd down, working until it has had `total` processes. */
export function macHistory(host: Host, recorder: HostRecorder, catalogue: Catalogue, total: number): void {
  const unix = new UnixHost(host, recorder, catalogue);
  const { random } = recorder;
  let clock = host.bootedAt;
  const launchd = unix.run(undefined, "launchd", clock, "/sbin/launchd", undefined, {
    pid: 1,
    username: "root",
    segments: 3,
  });
  const daemon = (name: string, username: string): ProcessRecord => {
    clock += random.between(100, 4000);
    const { path } = catalogue.program(name, "OSX");
    return unix.run(launchd, name, clock, path, undefined, { username });
  };
  daemon("opendirectoryd", "root");
  daemon("mDNSResponder", "_mdnsresponder");
  daemon("trustd", "root");
  daemon("cfprefsd", "root");
  const window = daemon("loginwindow", "root");
  clock += random.between(60_000, 900_000);
  daemon("Finder", host.user);
  daemon("Dock", host.user);
  unix.files(window, 2, ["/var/folders/zz/$hex"]);

  while (recorder.count < total) {
    const at = momentOfWork(host, recorder);
    const choice = random.between(0, 9);
    if (choice < 3) {
      const proxy = unix.run(launchd, "xpcproxy", at, "xpcproxy com.apple.mdworker.shared", 900, {
        username: host.user,
      });
      unix.run(
        proxy,
        "mdworker_shared",
        at + 40,
        "mdworker_shared -s mdworker -c MDSImporterWorker -m com.apple.mdworker.shared",
        60_000,
      );
    } else if (choice < 6) {
      const name = random.pick(["Google Chrome", "Slack", "zoom.us", "Microsoft Outlook", "Electron"]);
      const app = unix.run(launchd, name, at, catalogue.program(name, "OSX").path, 3 * HOUR, {
        username: host.user,
        segments: random.between(1, 3),
      });
      connect(
        recorder,
        app,
        at + 3_000,
        random.pick(["www.google.com:443", "github.com:443", "outlook.office365.com:443"]),
      );
      unix.files(app, 5, ["/Users/$user/Library/Caches/$hex", "/Users/$user/Downloads/$hex.pdf"]);
    } else if (choice < 9) terminal(unix, launchd, at);
    else {
      const updater = unix.run(launchd, "softwareupdate", at, "/usr/sbin/softwareupdate --background", 60_000, {
        username: "root",
      });
      connect(recorder, updater, at + 800, "swscan.apple.com:443");
    }
  }
}

function terminal(unix: UnixHost, launchd: ProcessRecord, at: number): void {
  const { random } = unix.recorder;
  const { user } = unix.host;
  const app = unix.run(
    launchd,
    "Terminal",
    at,
    "/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal",
    2 * HOUR,
    { username: user },
  );
  const login = unix.run(app, "login", at + 200, `login -pf ${user}`, 2 * HOUR, { username: "root" });
  const shell = unix.run(login, "zsh", at + 260, "-zsh", 2 * HOUR, { username: user });
  unix.files(shell, 2, ["/Users/$user/.zsh_history"]);
  for (let i = random.between(1, 6); i > 0; i--) {
    const [name, cmdline] = random.pick([
      ["ls", "ls -lG"],
      ["git", "git status"],
      ["make", "make -j8"],
      ["python3", "python3 scripts/plot.py"],
      ["ssh", "ssh deploy@lnx-01"],
      ["curl", "curl -sO https://intranet.aldermoor.example/tools.tgz"],
      ["grep", "grep -rn sensor src"],
    ] as const);
    const tool = unix.run(shell, name, at + random.between(1_000, HOUR), cmdline, 20_000);
    if (name === "make")
      for (let n = 0; n < 3; n++) unix.run(tool, "clang", tool.start + 50 * n, `clang -O2 -c src/part${n}.c`, 2_000);
    if (name === "ssh")
      unix.recorder.netconn(tool, tool.start + 40, { ip: "10.20.31.30", port: 22, domain: "lnx-01.aldermoor.example" });
  }
}
