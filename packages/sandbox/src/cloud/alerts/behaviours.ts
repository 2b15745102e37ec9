/** Ways of behaving by which analytics tell an attack, as they can be seen in what sensors report of processes. */
export interface Behaviour {
  /** The code that alerts give as their reason; stable. */
  code: string;
  /** A condition over rows `p` of processes and `s` of their segments. SQL of our own. */
  where: string;
  severity: number;
  category: "THREAT" | "MONITORED";
  ttps: readonly string[];
  tactic: string;
  technique: string;
  /** How far an attack has come with it, in the classic service's words. */
  stage: string;
  /** How it came in, in the same. */
  vector: string;
  /** What is wrong, behind the name of the program. */
  told: string;
  /** The operation of policies' rules that keeps programs from it. */
  operation: string;
}

const OFFICE = "'winword.exe', 'excel.exe', 'outlook.exe', 'powerpnt.exe'";
const SHELLS = "'cmd.exe', 'powershell.exe', 'wscript.exe', 'cscript.exe', 'mshta.exe'";

/** All of them; the first that a process shows is what its alert is about. */
export const BEHAVIOURS: readonly Behaviour[] = [
  {
    code: "R_CRED_DUMP",
    where: "lower(p.cmdline) GLOB '*comsvcs*minidump*' OR lower(p.cmdline) GLOB '*procdump*lsass*'",
    ...{ severity: 9, category: "THREAT", ttps: ["READ_SECURITY_DATA", "MITRE_T1003_CREDENTIAL_DUMP"] },
    ...{ tactic: "TA0006", technique: "T1003.001", stage: "EXECUTE_GOAL", vector: "UNKNOWN" },
    ...{ told: "read the memory of a process that holds credentials", operation: "MEMORY_SCRAPE" },
  },
  {
    code: "R_BAD_REPUTATION",
    where: `EXISTS (SELECT 1 FROM json_each(coalesce(p.alliance, '{}')) a
      WHERE a.key GLOB 'alliance_score_*' AND CAST(a.value AS INTEGER) >= 40)`,
    ...{ severity: 8, category: "THREAT", ttps: ["KNOWN_MALWARE", "RUN_MALWARE_APP"] },
    ...{ tactic: "TA0002", technique: "T1204.002", stage: "INSTALL_RUN", vector: "WEB" },
    ...{ told: "is known as malware", operation: "RUN" },
  },
  {
    code: "R_BANNED_RUN",
    where: "s.processblock_count > 0",
    ...{ severity: 7, category: "THREAT", ttps: ["POLICY_DENY", "COMPANY_BLACKLIST_APP"] },
    ...{ tactic: "TA0002", technique: "T1204.002", stage: "INSTALL_RUN", vector: "UNKNOWN" },
    ...{ told: "tried to start a program that the organisation has banned", operation: "RUN" },
  },
  {
    code: "R_INJECT_CODE",
    where: `s.crossproc_count > 0 AND NOT EXISTS
      (SELECT 1 FROM binary b WHERE b.md5_value = p.md5_value AND b.record ->> '$.digsig_result' = 'Signed')`,
    ...{ severity: 8, category: "THREAT", ttps: ["INJECT_CODE", "MODIFY_PROCESS"] },
    ...{ tactic: "TA0005", technique: "T1055", stage: "INSTALL_RUN", vector: "UNKNOWN" },
    ...{ told: "changed the memory of another process", operation: "CODE_INJECTION" },
  },
  {
    code: "R_OFFICE_SHELL",
    where: `lower(p.parent_name) IN (${OFFICE}) AND lower(p.process_name) IN (${SHELLS})`,
    ...{ severity: 7, category: "THREAT", ttps: ["RUN_CMD_SHELL", "MITRE_T1566_PHISHING"] },
    ...{ tactic: "TA0001", technique: "T1566.001", stage: "DELIVER_EXPLOIT", vector: "EMAIL" },
    ...{ told: "was started by an office program", operation: "INVOKE_CMD_INTERPRETER" },
  },
  {
    code: "R_FILELESS",
    where: "lower(p.process_name) = 'powershell.exe' AND lower(p.cmdline) GLOB '* -enc*'",
    ...{ severity: 6, category: "THREAT", ttps: ["FILELESS", "MITRE_T1059_CMD_LINE_OR_SCRIPT_INTER"] },
    ...{ tactic: "TA0002", technique: "T1059.001", stage: "INSTALL_RUN", vector: "GENERIC_CLIENT" },
    ...{ told: "ran a script that it was given encoded", operation: "INVOKE_SCRIPT" },
  },
  {
    code: "R_REMOTE_RUN",
    where:
      "lower(p.process_name) IN ('psexec.exe', 'psexesvc.exe') OR lower(p.parent_name) IN ('psexesvc.exe', 'wmiprvse.exe') AND lower(p.process_name) = 'cmd.exe'",
    ...{ severity: 5, category: "THREAT", ttps: ["MITRE_T1569_SYSTEM_SERVICES", "RUN_UNKNOWN_APP"] },
    ...{ tactic: "TA0008", technique: "T1570", stage: "COMMAND_AND_CONTROL", vector: "REMOTE_DRIVE" },
    ...{ told: "ran what another computer had asked for", operation: "RUN" },
  },
  {
    code: "R_LOG_CLEARED",
    where: "lower(p.process_name) = 'wevtutil.exe' AND lower(p.cmdline) GLOB '* cl *'",
    ...{ severity: 5, category: "THREAT", ttps: ["MITRE_T1070_INDICATOR_REMOVAL"] },
    ...{ tactic: "TA0005", technique: "T1070.001", stage: "EXECUTE_GOAL", vector: "UNKNOWN" },
    ...{ told: "cleared an event log", operation: "RUN" },
  },
  {
    code: "R_RECON",
    where: `lower(p.process_name) = 'whoami.exe' OR lower(p.process_name) = 'net.exe' AND
      (lower(p.cmdline) GLOB '*group*' OR lower(p.cmdline) GLOB '*view*')`,
    ...{ severity: 3, category: "MONITORED", ttps: ["ENUMERATE_ACCOUNTS", "MITRE_T1087_ACCOUNT_DISCOVERY"] },
    ...{ tactic: "TA0007", technique: "T1087", stage: "RECONNAISSANCE", vector: "UNKNOWN" },
    ...{ told: "looked accounts or groups up", operation: "RUN" },
  },
];
