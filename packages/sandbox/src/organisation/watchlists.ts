import type { WatchlistRecord } from "../domain/index.js";
import type { SetUp } from "./set-up.js";

const DAY = 86_400_000;

/** A watchlist as it is set up, with what it does besides tagging. */
type Draft = Pick<WatchlistRecord, "id" | "name" | "search_query" | "index_type" | "date_added"> &
  Partial<WatchlistRecord> & { alerts?: boolean; mails?: boolean };

/** As the console writes a query. */
const query = (q: string): string => `cb.urlver=1&q=${encodeURIComponent(q)}`;

/** The watchlists of every organisation; the next free id is the one that the guide gets for its own. */
export function watchlists({ now }: SetUp): Draft[] {
  const guide = Math.min(Date.UTC(2016, 9, 20, 8, 30), now);
  const ago = (days: number): number => now - days * DAY;
  return [
    {
      ...{ id: 4, name: "Newly seen unsigned programs", index_type: "modules", date_added: guide },
      search_query: query("digsig_result:Unsigned is_executable_image:true"),
      description: "Executables without a signature, when they are first collected",
    },
    {
      ...{ id: 9, name: "Command shells on servers", index_type: "events", date_added: guide },
      search_query: "cb.urlver=1&cb.q.process_name=cmd.exe&cb.fq.host_type=server&sort=start%20desc",
    },
    {
      ...{ id: 17, name: "Autostart entry in a Run key", index_type: "events", date_added: guide, alerts: true },
      search_query: query("regmod:currentversion\\run\\*"),
      description: "A program made itself, or another, start with the next logon",
    },
    {
      ...{
        id: 31,
        name: "Binaries with a broken signature",
        index_type: "modules",
        date_added: ago(400),
        alerts: true,
      },
      search_query: query('digsig_result:("Bad Signature" or "Untrusted Root" or "Explicit Distrust")'),
    },
    {
      ...{ id: 44, name: "Office program starts a shell", index_type: "events", date_added: ago(320) },
      search_query: query(
        "parent_name:(winword.exe or excel.exe or outlook.exe) process_name:(cmd.exe or powershell.exe or wscript.exe)",
      ),
      description: "Macros that run commands",
      ...{ alerts: true, mails: true },
    },
    {
      ...{
        id: 52,
        name: "PowerShell with an encoded command",
        index_type: "events",
        date_added: ago(320),
        alerts: true,
      },
      search_query: query("process_name:powershell.exe cmdline:-enc"),
    },
    {
      ...{ id: 63, name: "Dump of credentials", index_type: "events", date_added: ago(250), alerts: true },
      search_query: query("cmdline:comsvcs.dll cmdline:minidump"),
      description: "Memory of lsass.exe written to a file",
    },
    {
      ...{ id: 78, name: "PsExec", index_type: "events", date_added: ago(250), alerts: true },
      search_query: query("process_name:psexec.exe or parent_name:psexesvc.exe"),
    },
    {
      ...{ id: 90, name: "Unsigned program on the network", index_type: "events", date_added: ago(180), alerts: true },
      search_query: query("digsig_result:Unsigned netconn_count:[1 TO *] -os_type:linux"),
    },
    {
      ...{ id: 112, name: "Event log cleared", index_type: "events", date_added: ago(180), alerts: true },
      search_query: query("process_name:wevtutil.exe cmdline:cl"),
    },
    {
      ...{ id: 140, name: "All PowerShell", index_type: "events", date_added: ago(90), enabled: false },
      search_query: query("process_name:powershell.exe"),
      description: "Too many hits: off until it is narrowed",
    },
    {
      ...{ id: 175, name: "Sensor tampering", index_type: "events", date_added: guide, readonly: true },
      search_query: query("tampered:true"),
      description: "Set up by the server",
      ...{ from_alliance: true, alliance_id: 1, alerts: true },
    },
    {
      ...{ id: 208, name: "Accounts and groups looked up", index_type: "events", date_added: ago(30), alerts: true },
      search_query: query("process_name:whoami.exe or (process_name:net.exe cmdline:group)"),
    },
    {
      ...{ id: 221, name: "[INFO] Shares mapped by hand", index_type: "events", date_added: ago(20) },
      search_query: query("process_name:net.exe cmdline:use"),
    },
  ];
}
