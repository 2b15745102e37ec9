/** A step of the intrusion, and how it is found. */
export interface IntrusionStep {
  /** A process query that finds it and nothing else. */
  query: string;
  /** What the query finds, in words. */
  finds: string;
  /** How many processes the query finds. */
  processes: number;
  /** The hosts that it finds them on. */
  hosts: readonly string[];
}

const WORKSTATION = "FIN-WS-001";
const FILE_SERVER = "FILE-01";
const DATABASE = "SQL-01";

const step = (query: string, finds: string, processes: number, ...hosts: string[]): IntrusionStep => ({
  ...{ query, finds, processes, hosts },
});

/**
 * The intrusion in the default organisation, step by step, each with a process query that finds it. It happens on the
 * last working day before the organisation's present, from 09:41 to about 12:20 UTC, on three hosts: a finance
 * workstation, a file server and the ledger's database server.
 */
export const INTRUSION = {
  hosts: { workstation: WORKSTATION, fileServer: FILE_SERVER, database: DATABASE },
  domain: "cdn-sync.example",
  address: "203.0.113.77",
  dropSite: { domain: "files.cdn-sync.example", address: "203.0.113.91" },
  stolenAccount: "ALDERMOOR\\svc-backup",
  steps: [
    step(
      "parent_name:outlook.exe process_name:winword.exe",
      "the phishing document opened from a mail",
      1,
      WORKSTATION,
    ),
    step("parent_name:winword.exe process_name:powershell.exe", "the macro's encoded PowerShell", 1, WORKSTATION),
    step(
      "domain:cdn-sync.example",
      "everything that spoke with the attacker's servers, on all three hosts",
      5,
      WORKSTATION,
      FILE_SERVER,
      DATABASE,
    ),
    step(
      "process_name:onesyncsvc.exe",
      "the unsigned program that was dropped, on two hosts under one hash",
      2,
      WORKSTATION,
      FILE_SERVER,
    ),
    step("regmod:currentversion\\run\\onesync", "what makes it start again at logon", 1, WORKSTATION),
    step(
      "process_name:rundll32.exe cmdline:comsvcs.dll",
      "the dump of lsass.exe (a ProcessOpen with all access)",
      1,
      WORKSTATION,
    ),
    step(
      "process_name:powershell.exe ipport:5985",
      "where the attacker left the workstation over WinRM",
      1,
      WORKSTATION,
    ),
    step(
      "parent_name:wsmprovhost.exe process_name:powershell.exe",
      "where he arrived on the file server",
      1,
      FILE_SERVER,
    ),
    step("process_name:psexec.exe", "the way from the file server to the database", 1, FILE_SERVER),
    step("parent_name:psexesvc.exe", "the shell that came out on the database server", 1, DATABASE),
    step(
      "parent_name:cmd.exe process_name:7z.exe cmdline:ledger.7z",
      "the ledger packed under a password",
      1,
      DATABASE,
    ),
    step("process_name:curl.exe domain:files.cdn-sync.example", "the archive on its way out", 1, DATABASE),
    step("process_name:wevtutil.exe cmdline:cl", "the security log cleared at the end", 1, DATABASE),
  ],
} as const satisfies { steps: readonly IntrusionStep[] } & Record<string, unknown>;
