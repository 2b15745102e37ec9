import type { ProcessRecord } from "../domain/index.js";
import { block, type Manner } from "./behaviour.js";
import type { Catalogue } from "./catalogue.js";
import type { Host, HostRole } from "./hosts.js";
import type { HostRecorder } from "./recorder.js";
import { asUser, consoleHost, momentOfWork, run, type Scene } from "./scene.js";
import type { WindowsTree } from "./windows.js";

const HOUR = 3_600_000;

type Activity = (scene: Scene) => void;

/** Lets a Windows host work until it has had `total` processes. */
export function work(host: Host, recorder: HostRecorder, catalogue: Catalogue, tree: WindowsTree, total: number): void {
  const activities = byRole[host.role] ?? workstation;
  const { random } = recorder;
  while (recorder.count < total) {
    const activity = random.pick(activities);
    activity({ host, recorder, catalogue, tree, at: momentOfWork(host, recorder) });
  }
}

const browse =
  (name: "chrome.exe" | "msedge.exe" | "firefox.exe"): Activity =>
  (scene) => {
    const { random } = scene.recorder;
    const main = run(scene, scene.tree.explorer, name, "{}", 2 * HOUR, {
      ...asUser(scene),
      manner: "browser",
      segments: random.between(1, 3),
    });
    for (let i = random.between(1, 5); i > 0; i--) {
      const kind = random.pick(["renderer", "utility", "gpu-process", "renderer"]);
      run(
        scene,
        main,
        name,
        `{} --type=${kind} --lang=en-GB --field-trial-handle=${random.between(1000, 9999)}`,
        HOUR,
        {
          manner: "browser",
          after: random.between(200, 600_000),
        },
      );
    }
  };

const documents: Activity = (scene) => {
  const { random } = scene.recorder;
  const name = random.pick(["winword.exe", "excel.exe", "powerpnt.exe", "onenote.exe"]);
  const file = `C:\\Users\\${scene.host.user}\\Documents\\${random.pick(["Budget", "Minutes", "Offer", "Review"])} ${random.between(1, 60)}`;
  const main = run(scene, scene.tree.explorer, name, `{} /n "${file}.docx" /o ""`, HOUR, {
    ...asUser(scene),
    manner: "office",
    segments: random.between(1, 2),
  });
  if (random.chance(0.2))
    run(scene, main, "splwow64.exe", "C:\\Windows\\splwow64.exe 12288", 120_000, { after: 300_000 });
  if (random.chance(0.15)) run(scene, main, "sdxhelper.exe", "{} /onlogon", 30_000, { after: 60_000 });
};

const mail: Activity = (scene) => {
  const { random } = scene.recorder;
  const main = run(scene, scene.tree.explorer, "outlook.exe", "{}", 7 * HOUR, {
    ...asUser(scene),
    manner: "mail",
    segments: random.between(1, 4),
  });
  if (random.chance(0.4)) {
    const reader = run(
      scene,
      main,
      "acrobat.exe",
      `{} "C:\\Users\\${scene.host.user}\\AppData\\Local\\Temp\\Invoice ${random.between(100, 999)}.pdf"`,
      HOUR,
      {
        manner: "office",
        after: random.between(60_000, HOUR),
      },
    );
    run(scene, reader, "acrocef.exe", "{} --type=renderer", HOUR / 2, { after: 900 });
  }
};

const chat: Activity = (scene) => {
  const { random } = scene.recorder;
  const name = random.pick(["ms-teams.exe", "slack.exe", "zoom.exe"]);
  const main = run(scene, scene.tree.explorer, name, "{}", 3 * HOUR, { ...asUser(scene), manner: "chat" });
  for (let i = random.between(1, 3); i > 0; i--)
    run(scene, main, name, "{} --type=renderer", HOUR, { manner: "chat", after: 400 * i });
};

/** A scheduled task, started by the Schedule service under the system's or the user's name. */
const task: Activity = (scene) => {
  const { random } = scene.recorder;
  const [name, cmdline, lasting, mine] = random.pick([
    ["taskhostw.exe", "taskhostw.exe", 60_000, true],
    ["taskhostw.exe", "taskhostw.exe KEYROAMING", 4_000, true],
    ["compattelrunner.exe", "{} -m:appraiser.dll -f:DoScheduledTelemetryRun", 90_000, false],
    ["usoclient.exe", "{} StartScan", 20_000, false],
    ["gpupdate.exe", "gpupdate.exe /target:computer", 6_000, false],
    ["defrag.exe", "{} -c -h -k -g -$", 300_000, false],
    ["mpcmdrun.exe", "{} -SignatureUpdate -ScheduleJob -RestrictPrivileges", 40_000, false],
    ["googleupdate.exe", "{} /ua /installsource scheduler", 30_000, false],
    ["microsoftedgeupdate.exe", "{} /ua /installsource scheduler", 30_000, false],
    ["adobearm.exe", "{}", 45_000, true],
    ["wermgr.exe", "C:\\Windows\\system32\\wermgr.exe -upload", 9_000, false],
  ] as const);
  const manner: Manner = name.includes("update") || name === "adobearm.exe" ? "updater" : "system";
  const started = run(
    scene,
    scene.tree.schedule,
    name,
    cmdline,
    lasting,
    mine ? { ...asUser(scene), manner } : { manner },
  );
  if (name === "gpupdate.exe" || name === "mpcmdrun.exe") consoleHost(scene, started);
};

const background: Activity = (scene) => {
  const { random } = scene.recorder;
  const [name, cmdline] = random.pick([
    ["backgroundtaskhost.exe", "{} -ServerName:App.AppXemn3t55segp7q92mwd35v2a5rk5mvwyz.mca"],
    ["runtimebroker.exe", "C:\\Windows\\System32\\RuntimeBroker.exe -Embedding"],
    ["dllhost.exe", "C:\\Windows\\system32\\DllHost.exe /Processid:{973D20D7-562D-44B9-B70B-5A0F49CCDF3F}"],
    ["smartscreen.exe", "C:\\Windows\\System32\\smartscreen.exe -Embedding"],
    ["wmiprvse.exe", "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding"],
  ] as const);
  run(
    scene,
    scene.tree.dcom,
    name,
    cmdline,
    90_000,
    name === "wmiprvse.exe" ? { manner: "system" } : { ...asUser(scene), manner: "system" },
  );
};

const indexing: Activity = (scene) => {
  const search = run(
    scene,
    scene.tree.services,
    "searchprotocolhost.exe",
    "{} Global\\UsGthrFltPipeMssGthrPipe1_ 1 -2147483646",
    60_000,
    { manner: "system" },
  );
  run(scene, search, "searchfilterhost.exe", "{} 0 820 824 832 8192 828", 50_000, { after: 900 });
};

const scanning: Activity = (scene) => {
  const { random } = scene.recorder;
  const scan = run(scene, scene.tree.services, "mpcmdrun.exe", "{} Scan -ScheduleJob -RestrictPrivileges", 120_000, {
    manner: "system",
  });
  scene.recorder.crossproc(scan, scene.tree.lsass, scan.start + random.between(50, 5000), "ProcessOpen", 0x1000);
  if (random.chance(0.3)) scene.recorder.crossproc(scan, scene.tree.explorer, scan.start + 700, "ProcessOpen", 0x1410);
};

/** Somebody at a command prompt. */
const prompt: Activity = (scene) => {
  const { random } = scene.recorder;
  const shell = run(scene, scene.tree.explorer, "cmd.exe", "{}", HOUR / 2, { ...asUser(scene), manner: "shell" });
  consoleHost(scene, shell);
  for (let i = random.between(1, 6); i > 0; i--) {
    const [name, cmdline] = random.pick(promptCommands);
    run(scene, shell, name, cmdline, 1_500, { after: random.between(2_000, 900_000) });
  }
};
const promptCommands = [
  ["ipconfig.exe", "ipconfig  /all"],
  ["ping.exe", "ping  dc-01.aldermoor.example"],
  ["ping.exe", "ping  10.20.30.25 -n 4"],
  ["hostname.exe", "hostname"],
  ["nslookup.exe", "nslookup  intranet.aldermoor.example"],
  ["net.exe", "net  use"],
  ["net.exe", "net  use p: \\\\file-01\\projects"],
  ["net.exe", "net  view \\\\file-01"],
  ["tasklist.exe", "tasklist"],
  ["findstr.exe", "findstr  /s /i total *.csv"],
  ["where.exe", "where  python"],
  ["gpupdate.exe", "gpupdate  /force"],
  ["tracert.exe", "tracert  file-01"],
  ["xcopy.exe", "xcopy  /e /y reports p:\\archive"],
] as const;

const powershell: Activity = (scene) => {
  const { random } = scene.recorder;
  const shell = run(scene, scene.tree.explorer, "powershell.exe", "{}", HOUR, {
    ...asUser(scene),
    manner: "shell",
    segments: random.between(1, 2),
  });
  consoleHost(scene, shell);
  for (let i = random.between(0, 4); i > 0; i--) {
    const [name, cmdline] = random.pick(adminCommands);
    run(scene, shell, name, cmdline, 2_500, { after: random.between(2_000, 1_800_000) });
  }
};
const adminCommands = [
  ["whoami.exe", "{} /groups"],
  ["systeminfo.exe", "{}"],
  ["sc.exe", "{} query type= service state= all"],
  ["schtasks.exe", "{} /query /fo csv"],
  ["reg.exe", "{} query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"],
  ["netstat.exe", "{} -ano"],
  ["wevtutil.exe", "{} qe System /c:20 /rd:true /f:text"],
  ["robocopy.exe", "{} C:\\Work P:\\Backup /MIR /R:1"],
  ["curl.exe", "{} -sI https://intranet.aldermoor.example/"],
  ["net.exe", "{} user /domain"],
] as const;

/** A build: the editor starts tools, the tools start tools. */
const building: Activity = (scene) => {
  const { random } = scene.recorder;
  const editor = run(scene, scene.tree.explorer, "code.exe", "{} C:\\src\\gauge", 4 * HOUR, {
    ...asUser(scene),
    manner: "build",
    segments: 2,
  });
  const shell = run(scene, editor, random.pick(["powershell.exe", "cmd.exe"]), "{}", 3 * HOUR, {
    manner: "shell",
    after: 2_000,
  });
  for (let i = random.between(2, 7); i > 0; i--) {
    const [name, cmdline] = random.pick([
      ["git.exe", "git.exe status --porcelain"],
      ["git.exe", "git.exe fetch --all"],
      ["node.exe", "{} node_modules\\npm\\bin\\npm-cli.js run build"],
      ["python.exe", "python -m pytest tests"],
      ["msbuild.exe", "{} gauge.sln /m /p:Configuration=Release"],
      ["java.exe", "java -jar tools\\codegen.jar"],
    ] as const);
    const tool = run(scene, shell, name, cmdline, 30_000, { manner: "build", after: random.between(5_000, 2 * HOUR) });
    if (name === "msbuild.exe") {
      for (let n = random.between(1, 4); n > 0; n--)
        run(scene, tool, "csc.exe", `{} /noconfig @obj\\${random.hex(6)}.rsp`, 6_000, { manner: "build", after: 0 });
    } else if (cmdline.includes("fetch")) {
      run(
        scene,
        tool,
        "git-remote-https.exe",
        "git-remote-https.exe origin https://git.aldermoor.example/gauge.git",
        4_000,
        { manner: "build" },
      );
    }
  }
};

const ledger: Activity = (scene) => {
  run(scene, scene.tree.explorer, "ledger.exe", "{} /server:sql-01", 3 * HOUR, { ...asUser(scene), manner: "office" });
};

const notes: Activity = (scene) => {
  const file = `C:\\Users\\${scene.host.user}\\Desktop\\list ${scene.recorder.random.between(1, 30)}.txt`;
  const image = "notepad.exe";
  const started = run(scene, scene.tree.explorer, image, `{} ${file}`, HOUR / 4, { ...asUser(scene), manner: "quiet" });
  scene.recorder.filemod(started, started.start + 30_000, 8, file.toLowerCase(), {
    md5: scene.recorder.random.hex(32),
  });
};

/** An unwanted tool from a download folder: the sensor stops it, and the shell that started it notes the block. */
const banned: Activity = (scene) => {
  const { random } = scene.recorder;
  if (!random.chance(0.25)) return documents(scene);
  const path = `c:\\users\\${scene.host.user}\\downloads\\freeconvert_setup.exe`;
  const time = Math.max(scene.at, scene.tree.explorer.start);
  block(scene.tree.explorer, time, { md5: "5e0f6f1f2c9a4d53b1a7c60a2d9be314", path, cmdline: `"${path}"` });
};

const remoteAdmin: Activity = (scene) => {
  const provider = run(
    scene,
    scene.tree.dcom,
    "wsmprovhost.exe",
    "C:\\Windows\\system32\\wsmprovhost.exe -Embedding",
    20_000,
    {
      username: "ALDERMOOR\\svc-monitor",
      manner: "shell",
    },
  );
  if (scene.recorder.random.chance(0.5)) run(scene, provider, "systeminfo.exe", "{} /fo csv", 3_000, { after: 500 });
};

const nightly: Activity = (scene) => {
  const { random } = scene.recorder;
  const shell = run(
    scene,
    scene.tree.schedule,
    "cmd.exe",
    "C:\\Windows\\system32\\cmd.exe /c D:\\Jobs\\nightly.cmd",
    600_000,
    { manner: "shell" },
  );
  consoleHost(scene, shell);
  run(
    scene,
    shell,
    random.pick(["robocopy.exe", "7z.exe", "ledgerbatch.exe"]),
    "{} D:\\Jobs\\in D:\\Jobs\\out /E",
    500_000,
    { manner: "build", after: 3_000 },
  );
  run(scene, shell, "timeout.exe", "timeout  /t 5", 5_000, { after: 10_000 });
};

const sqlJob: Activity = (scene) => {
  run(
    scene,
    scene.tree.services,
    "sqlcmd.exe",
    `{} -S . -Q "EXEC ledger.dbo.Rebuild${scene.recorder.random.between(1, 9)}"`,
    40_000,
    { manner: "database" },
  );
};

const webWorker: Activity = (scene) => {
  const { random } = scene.recorder;
  const pool = random.pick(["Intranet", "Orders", "DefaultAppPool"]);
  run(
    scene,
    scene.tree.dcom,
    "w3wp.exe",
    `c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "${pool}" -v "v4.0"`,
    20 * HOUR,
    {
      username: `IIS APPPOOL\\${pool}`,
      manner: "web",
      segments: random.between(1, 3),
    },
  );
};

const vmCheck: Activity = (scene) => {
  const cmdline =
    'C:\\Windows\\system32\\cmd.exe /c ""C:\\Program Files\\VMware\\VMware Tools\\poweron-vm-default.bat""';
  run(scene, scene.tree.services, "cmd.exe", cmdline, 400, {});
};

const everywhere: readonly Activity[] = [task, task, background, background, indexing, scanning];
const desk: readonly Activity[] = [
  ...everywhere,
  task,
  browse("chrome.exe"),
  browse("msedge.exe"),
  documents,
  documents,
  mail,
  chat,
];
const workstation: readonly Activity[] = [...desk, notes, ledger, prompt, banned, browse("firefox.exe")];
const byRole: Partial<Record<HostRole, readonly Activity[]>> = {
  workstation,
  developer: [...desk, building, building, building, powershell, prompt, browse("firefox.exe")],
  admin: [...desk, powershell, powershell, prompt],
  server: [...everywhere, nightly, remoteAdmin, vmCheck],
  database: [...everywhere, sqlJob, sqlJob, remoteAdmin, vmCheck],
  web: [...everywhere, webWorker, webWorker, remoteAdmin],
  controller: [...everywhere, remoteAdmin, scanning],
};

/** A script that pings the whole fleet: one process with many children. */
export function pingTheFleet(
  host: Host,
  recorder: HostRecorder,
  catalogue: Catalogue,
  tree: WindowsTree,
  count: number,
): ProcessRecord {
  const scene: Scene = { host, recorder, catalogue, tree, at: momentOfWork(host, recorder) };
  scene.at = Math.min(scene.at, recorder.now - HOUR);
  const script = run(scene, tree.explorer, "powershell.exe", "{} -File C:\\Scripts\\Find-SilentHosts.ps1", HOUR, {
    ...asUser(scene),
    manner: "shell",
  });
  for (let i = 0; i < count; i++) {
    run(scene, script, "ping.exe", `{} -n 1 -w 500 10.20.11.${20 + i}`, 600, { after: 4_000 + 1_200 * i });
  }
  return script;
}

/** A program whose starter had gone before the sensor came: all that is known of the parent is its name. */
export function orphan(host: Host, recorder: HostRecorder, catalogue: Catalogue, tree: WindowsTree): void {
  const scene: Scene = { host, recorder, catalogue, tree, at: host.bootedAt + 20 * 60_000 };
  const parent = recorder.placeholder(catalogue.program("msiexec.exe"), scene.at - 6_000);
  run(scene, parent, "googlecrashhandler.exe", "{}", Number.POSITIVE_INFINITY, {
    username: "SYSTEM",
    manner: "updater",
  });
}
