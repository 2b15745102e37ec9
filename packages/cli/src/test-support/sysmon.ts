import { writeFileSync } from "node:fs";

/** A command line that tries to clear the screen, to turn the text around and to forge a line. */
export const HOSTILE = "powershell.exe -enc \u001b[2J\u001b[1A \u202Egnp.exe\nMatches  0 processes \u009b31m";

const guid = (number: number): string => `{5B522C6B-0000-5F67-0000-00100000000${number}}`;

interface Start {
  readonly number: number;
  readonly parent: number;
  readonly second: number;
  readonly image: string;
  readonly parentImage: string;
  readonly commandLine: string;
}

function processStart({ number, parent, second, image, parentImage, commandLine }: Start): Record<string, unknown> {
  return {
    Channel: "Microsoft-Windows-Sysmon/Operational",
    SourceName: "Microsoft-Windows-Sysmon",
    EventID: 1,
    Hostname: "WS-1.example.test",
    UtcTime: `2024-05-06 07:08:0${second}.000`,
    ProcessGuid: guid(number),
    ProcessId: `${4000 + number}`,
    Image: image,
    CommandLine: commandLine,
    User: "EXAMPLE\\ada",
    Hashes: `MD5=${String(number).repeat(32)}`,
    ParentProcessGuid: guid(parent),
    ParentProcessId: `${4000 + parent}`,
    ParentImage: parentImage,
    ParentCommandLine: parentImage,
  };
}

const explorer = "C:\\Windows\\explorer.exe";
const cmd = "C:\\Windows\\System32\\cmd.exe";
const powershell = "C:\\Windows\\System32\\powershell.exe";

/** Writes a log: an explorer that is only mentioned, a shell under it, and PowerShell under that; and a line of rubbish. */
export function writeSysmonLog(file: string): void {
  const events = [
    processStart({ number: 2, parent: 1, second: 1, image: cmd, parentImage: explorer, commandLine: "cmd.exe /k" }),
    processStart({ number: 3, parent: 2, second: 2, image: powershell, parentImage: cmd, commandLine: HOSTILE }),
    {
      ...processStart({ number: 3, parent: 2, second: 3, image: powershell, parentImage: cmd, commandLine: "" }),
      EventID: 17,
    },
  ];
  writeFileSync(file, [...events.map((event) => JSON.stringify(event)), "no event at all", ""].join("\n"));
}
