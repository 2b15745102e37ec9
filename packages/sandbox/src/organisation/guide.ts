import type { OrganisationSink, ProcessRecord, SensorRecord } from "../domain/index.js";
import type { Catalogue } from "./catalogue.js";
import { fromGuid, GuideFiles, GuideHost } from "./guide-host.js";
import { Random } from "./random.js";
import { type EventCounts, HostRecorder, push } from "./recorder.js";

/**
 * The fixed part of every organisation that is not empty: the four hosts, the processes and the binaries that the
 * guide's examples print. Nothing of it depends on the seed.
 */
export const GUIDE = {
  sensors: 4,
  host: "WIN-IA9NQ1GN8OI",
  user: "WIN-IA9NQ1GN8OI\\bit9rad",
  chain: {
    shell: "00000003-0000-036c-01d2-2efd3af51186",
    explorer: "00000003-0000-0c34-01d2-2ec94f09cae6",
    userinit: "00000003-0000-0618-01d2-2ec94edef208",
    winlogon: "00000003-0000-02ec-01d2-2ec9412b4b70",
    session: "00000003-0000-02b0-01d2-2ec94115df7a",
    smss: "00000003-0000-0218-01d2-2ec93f813429",
    system: "00000003-0000-0004-01d2-2ec93f7c7181",
    idle: "00000003-0000-0000-01d2-2ec93f6051ee",
    unknown: "00000003-0000-0004-01d2-2ec93f6051ee",
  },
  otherShells: { host3: "00000003-0000-07d4-01d2-2efcd4949dfc", host2: "00000002-0000-0f2c-01d2-2a57625ca0dd" },
  segmented: "00000001-0000-0e48-01d2-c2a397f4cfe0",
  /** Segment id and the last update it brought: the server did not get them in the order in which they happened. */
  segments: [
    [1495463176570, 1495463170000],
    [1495463243492, 1495463165000],
    [1495463543944, 1495463533000],
    [1495463680155, 1495463670000],
    [1495463807694, 1495463665000],
    [1495465407157, 1495465380000],
    [1495465643405, 1495465620000],
  ],
} as const;

const DAY = 86_400_000;
const GIB = 1024 ** 3;
const SHELL_COMMAND = '"C:\\Windows\\system32\\cmd.exe"';

/** Programs that bit9rad ran besides the four that stand at the top of the guide's histogram. */
const everyday =
  "notepad.exe mmc.exe dllhost.exe ipconfig.exe whoami.exe tasklist.exe hostname.exe systeminfo.exe sc.exe reg.exe findstr.exe mspaint.exe calc.exe regedit.exe msiexec.exe servermanager.exe taskmgr.exe nslookup.exe netstat.exe tracert.exe find.exe xcopy.exe attrib.exe iexplore.exe wordpad.exe rundll32.exe".split(
    " ",
  );
const EVERYDAY_RUNS = 323;
const histogram: readonly (readonly [string, number])[] = [
  ["taskhost.exe", 24],
  ["conhost.exe", 19],
  ["ping.exe", 16],
  ["wermgr.exe", 14],
];
const consoleTools =
  /^(ipconfig|whoami|tasklist|hostname|systeminfo|sc|reg|findstr|nslookup|netstat|tracert|find|xcopy|attrib|ping)\.exe$/;

/** Writes the guide's sensors and processes, and puts its binaries into the catalogue. Returns how many processes. */
export function writeGuide(sink: OrganisationSink, catalogue: Catalogue, now: number, counts: EventCounts): number {
  const files = new GuideFiles(catalogue, now);
  let processes = 0;
  for (const sensor of guideSensors(now)) {
    sink.sensor(sensor);
    // Its own stream of numbers, independent of the seed: the guide's hosts are the same in every organisation.
    const recorder = new HostRecorder(sensor, new Random(`guide/${sensor.id}`), now);
    const scene = new GuideHost(recorder, files);
    if (sensor.id === 1) segmentedShell(scene);
    else if (sensor.id === 2) secondHost(scene);
    else if (sensor.id === 3) netUse(scene);
    else hostname(scene, now);
    processes += recorder.count;
    recorder.flush(sink, counts);
  }
  return processes;
}

function guideSensors(now: number): SensorRecord[] {
  const sensor = (
    id: number,
    name: string,
    build: string,
    ip: string,
    settings: Record<string, unknown>,
  ): SensorRecord => ({
    id,
    group_id: 1,
    computer_name: name,
    computer_dns_name: name,
    computer_sid: `S-1-5-21-108353621-2744023216-350100${id}`,
    os_type: "windows",
    host_type: "server",
    os_environment_display_string: "Windows Server 2012, 64-bit",
    build_version_string: build,
    interfaces: [{ ip, mac: `000c29a0f1${(0x10 + id).toString(16)}` }],
    registration_time: Date.UTC(2016, 9, 19, 12, id),
    last_checkin_time: now - 11_000 * id,
    online: true,
    supports_cblr: true,
    supports_isolation: true,
    physical_memory_size: 4 * GIB,
    systemvolume_total_size: 60 * GIB,
    systemvolume_free_size: (30 + id) * GIB,
    settings,
  });
  return [
    sensor(1, "WIN-58DM2VNS9RT", "006.000.000.70329", "192.168.215.148", { boot_id: "7", build_id: 6 }),
    sensor(2, "WIN-7Q1HBU2LKP3", "005.002.000.60922", "192.168.215.149", { boot_id: "4", build_id: 2 }),
    sensor(3, GUIDE.host, "005.002.000.60922", "192.168.215.150", { boot_id: "2", build_id: 2 }),
    sensor(4, "HOSTNAME", "005.002.000.61003", "192.168.215.151", { boot_id: "0", build_id: 5 }),
  ];
}

/** Sensor 3: the two `net use`, and everything above them. */
function netUse(host: GuideHost): void {
  const { recorder, files } = host;
  const { chain, user } = GUIDE;
  const system = "SYSTEM";
  const unknown = fromGuid(chain.unknown);
  const placeholder = recorder.placeholder(files.windows("ntoskrnl.exe"), unknown.at, {
    pid: unknown.pid,
    ticks: unknown.ticks,
  });
  const kernel = "c:\\windows\\system32\\ntoskrnl.exe";
  const idle = host.known(placeholder, "ntoskrnl.exe", chain.idle, { cmdline: kernel, username: "" });
  const root = host.known(idle, "ntoskrnl.exe", chain.system, { cmdline: kernel, username: system });
  const smss = host.known(root, "smss.exe", chain.smss, { cmdline: "\\SystemRoot\\System32\\smss.exe" });
  const session = host.known(smss, "smss.exe", chain.session, {
    cmdline: "\\SystemRoot\\System32\\smss.exe 00000001 00000030",
  });
  const winlogon = host.known(session, "winlogon.exe", chain.winlogon, { cmdline: "winlogon.exe" });
  const userinit = host.known(winlogon, "userinit.exe", chain.userinit, {
    cmdline: "C:\\Windows\\system32\\userinit.exe",
    username: user,
    end: fromGuid(chain.userinit).at + 28_000,
  });
  const explorer = host.known(userinit, "explorer.exe", chain.explorer, { cmdline: "C:\\Windows\\Explorer.EXE" });
  const shell = host.known(explorer, "cmd.exe", chain.shell, { cmdline: SHELL_COMMAND });
  const other = fromGuid(GUIDE.otherShells.host3).at;
  host.known(explorer, "cmd.exe", GUIDE.otherShells.host3, { cmdline: SHELL_COMMAND, end: other + 170_000 });

  const mount = (at: number, drive: string): void => {
    const net = host.run(shell, "net.exe", { at, end: at + 320, cmdline: `net  use ${drive}: \\\\test\\blah` });
    recorder.regmod(
      net,
      at + 90,
      2,
      `\\registry\\user\\s-1-5-21-108353621-2744023216-3501003-500\\network\\${drive}\\remotepath`,
    );
    recorder.netconn(net, at + 30, { ip: "192.168.215.2", port: 445, domain: "test" });
  };
  mount(Date.UTC(2016, 10, 11, 20, 59, 25, 667), "z");
  mount(Date.UTC(2016, 10, 11, 20, 59, 31, 631), "y");
  everydayWork(host, { smss, explorer, shell });
}

/** The rest of the host's two weeks: what gives the guide's histogram its figures (402 processes of bit9rad). */
function everydayWork(
  host: GuideHost,
  tree: { smss: ProcessRecord; explorer: ProcessRecord; shell: ProcessRecord },
): void {
  const { recorder, files } = host;
  const { random } = recorder;
  const boot = tree.smss.start;
  const system = { username: "SYSTEM" };
  const session0 = host.run(tree.smss, "smss.exe", {
    at: boot + 400,
    end: boot + 1_900,
    cmdline: "\\SystemRoot\\System32\\smss.exe 00000000 00000030",
    ...system,
  });
  host.run(session0, "csrss.exe", {
    at: boot + 500,
    cmdline: "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows",
    ...system,
  });
  const wininit = host.run(session0, "wininit.exe", { at: boot + 900, cmdline: "wininit.exe", ...system });
  const services = host.run(wininit, "services.exe", {
    at: boot + 1_200,
    cmdline: "C:\\Windows\\system32\\services.exe",
    ...system,
  });
  host.run(wininit, "lsass.exe", { at: boot + 1_300, cmdline: "C:\\Windows\\system32\\lsass.exe", ...system });
  const schedule = host.run(services, "svchost.exe", {
    at: boot + 2_000,
    cmdline: "C:\\Windows\\system32\\svchost.exe -k netsvcs",
    ...system,
  });

  const first = tree.shell.start + 60_000;
  const last = Date.UTC(2016, 10, 11, 20, 50);
  const launch = (name: string): void => {
    const at = first + Math.floor(random.fraction() * (last - first));
    const end = at + random.between(300, 240_000);
    const parent =
      name === "taskhost.exe" || name === "wermgr.exe"
        ? schedule
        : consoleTools.test(name) || name === "conhost.exe"
          ? tree.shell
          : tree.explorer;
    const started = host.run(parent, name, { at, end, username: GUIDE.user, cmdline: everydayCommand(name, random) });
    if (name === "iexplore.exe")
      recorder.netconn(started, at + 600, { ip: "198.18.4.17", port: 443, domain: "www.carbonblack.com" });
    if (name === "ping.exe")
      recorder.netconn(started, at + 20, { ip: "192.168.215.2", port: 0 }, { proto: 1, local_port: 0 });
    if (name === "notepad.exe")
      recorder.filemod(started, at + 200, 2, `c:\\users\\bit9rad\\documents\\notes-${random.between(1, 9)}.txt`);
  };
  for (const [name, runs] of histogram) for (let i = 0; i < runs; i++) launch(name);
  for (let i = 0; i < EVERYDAY_RUNS - 3; i++) launch(everyday[i % everyday.length] ?? "notepad.exe");

  const panel = host.run(tree.explorer, "rundll32.exe", {
    at: first + 3_600_000,
    end: first + 3_720_000,
    cmdline: '"C:\\Windows\\SysWOW64\\rundll32.exe" shell32.dll,Control_RunDLL appwiz.cpl',
  });
  recorder.modload(panel, files.windows("appwiz.cpl"), panel.start + 60);
  recorder.modload(schedule, files.windows("pnrpnsp.dll"), schedule.start + 700);
  host.run(tree.explorer, "dbgview.exe", {
    at: first + DAY,
    end: first + DAY + 900_000,
    cmdline: '"C:\\Users\\bit9rad\\Downloads\\dbgview.exe"',
  });
  host.run(tree.explorer, "procmon.exe", {
    at: first + 2 * DAY,
    end: first + 2 * DAY + 600_000,
    cmdline: '"C:\\Users\\bit9rad\\Downloads\\procmon.exe"',
  });
}

function everydayCommand(name: string, random: Random): string {
  switch (name) {
    case "ping.exe":
      return `ping  192.168.215.${random.between(2, 250)}`;
    case "conhost.exe":
      return "\\??\\C:\\Windows\\system32\\conhost.exe 0x4";
    case "taskhost.exe":
      return "taskhost.exe";
    case "wermgr.exe":
      return 'C:\\Windows\\system32\\wermgr.exe "-queuereporting_svc" "1204"';
    default:
      return consoleTools.test(name) ? name.replace(".exe", "") : `"C:\\Windows\\system32\\${name}"`;
  }
}

/** Sensor 1: a shell of which seven segments arrived, some of them late. */
function segmentedShell(host: GuideHost): void {
  const { recorder } = host;
  const start = fromGuid(GUIDE.segmented).at;
  const explorer = host.desktop(start - 3_600_000, "WIN-58DM2VNS9RT\\Administrator");
  const shell = host.known(explorer, "cmd.exe", GUIDE.segmented, { cmdline: SHELL_COMMAND });
  shell.segments = GUIDE.segments.map(([id, update]) => ({
    segment_id: id,
    last_update: update,
    last_server_update: id,
  }));
  GUIDE.segments.forEach(([, update], segment) => {
    for (let i = 0; i < 2 + segment; i++) {
      push(shell, "filemod", {
        time: update - 900 * i,
        type: i % 2 === 0 ? 1 : 8,
        path: `c:\\windows\\temp\\collect-${segment}-${i}.log`,
        segment,
      });
    }
  });
  recorder.modload(shell, host.files.windows("pnrpnsp.dll"), start + 400);
}

/** Sensor 2: the last of the guide's three shells. */
function secondHost(host: GuideHost): void {
  const start = fromGuid(GUIDE.otherShells.host2).at;
  const explorer = host.desktop(start - 600_000, "WIN-7Q1HBU2LKP3\\Administrator");
  host.known(explorer, "cmd.exe", GUIDE.otherShells.host2, { cmdline: SHELL_COMMAND, end: start + 420_000 });
}

/** Sensor 4: the host that the guide isolates; it ran `evil.exe`. */
function hostname(host: GuideHost, now: number): void {
  const { recorder, files } = host;
  const at = Math.min(Date.UTC(2016, 10, 14, 9, 30), now - DAY);
  const explorer = host.desktop(at - 3_600_000, "HOSTNAME\\Administrator");
  host.run(explorer, "notepad.exe", {
    at: at - 1_800_000,
    end: at - 1_500_000,
    cmdline: '"C:\\Windows\\system32\\notepad.exe" C:\\todo.txt',
  });
  const alliance = {
    alliance_score_virustotal: 48,
    alliance_data_virustotal: ["5f4dcc3b5aa765d61d8327deb882cf99"],
    alliance_link_virustotal: "https://services.example/file/evil",
    alliance_updated_virustotal: "2016-11-14T09:41:00Z",
  };
  const image = files.unsigned("c:\\users\\public\\evil.exe", alliance);
  const evil = recorder.start(explorer, image, {
    at,
    end: at + 900_000,
    cmdline: '"C:\\Users\\Public\\evil.exe"',
    alliance,
  });
  recorder.modload(evil, image, at + 1);
  recorder.netconn(evil, at + 2_000, { ip: "203.0.113.66", port: 8443, domain: "evil.example" });
  recorder.filemod(evil, at + 2_500, 8, "c:\\users\\public\\payload.bin", { md5: "0cc175b9c0f1b6a831c399e269772661" });
  recorder.regmod(evil, at + 2_600, 2, "\\registry\\machine\\software\\microsoft\\windows\\currentversion\\run\\evil");
}
