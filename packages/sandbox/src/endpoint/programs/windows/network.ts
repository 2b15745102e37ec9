import { isIP } from "node:net";
import { hash32 } from "../../../organisation/random.js";
import { findSensorByName } from "../../../store/endpoints.js";
import { servicesOf } from "../../services.js";
import { connectionsOf } from "../connections.js";
import type { Call, Program } from "../program.js";
import { sleep } from "../waiting.js";
import { adapterName } from "./identity.js";

/** A fact with the dots that lead to it, which stand in every other column. */
function line(name: string, value: string): string {
  let label = name;
  for (let at = name.length; at < 34; at++) label += at % 2 === 0 && at > name.length ? "." : " ";
  return `   ${label}: ${value}`.trimEnd();
}

/** `ipconfig`, with `/all`. */
export const ipconfig: Program = ({ host, arguments: words, out, error }) => {
  const { facts } = host;
  const all = words.some((word) => /^[/-]all$/i.test(word));
  const other = words.find((word) => !/^[/-](all|displaydns|flushdns)$/i.test(word));
  if (other !== undefined) {
    error.write(`\r\nError: unrecognized or incomplete command line.\r\n`);
    return 1;
  }
  if (words.some((word) => /^[/-]flushdns$/i.test(word))) {
    out.write("\r\nWindows IP Configuration\r\n\r\nSuccessfully flushed the DNS Resolver Cache.\r\n");
    return 0;
  }
  const text = ["", "Windows IP Configuration", ""];
  if (all) {
    text.push(line("Host Name", facts.hostname), line("Primary Dns Suffix", facts.dnsDomain));
    text.push(line("Node Type", "Hybrid"), line("IP Routing Enabled.", "No"), line("WINS Proxy Enabled.", "No"));
    if (facts.dnsDomain !== "") text.push(line("DNS Suffix Search List.", facts.dnsDomain));
    text.push("");
  }
  for (const [n, { ip, mac }] of host.sensor.interfaces.entries()) {
    text.push(
      `Ethernet adapter Ethernet${n === 0 ? "" : ` ${n + 1}`}:`,
      "",
      line("Connection-specific DNS Suffix", facts.dnsDomain),
    );
    if (all) {
      text.push(line("Description", adapterName(facts)));
      text.push(line("Physical Address.", mac.toUpperCase().replace(/..(?=.)/g, "$&-")));
      text.push(line("DHCP Enabled.", "No"), line("Autoconfiguration Enabled", "Yes"));
    }
    text.push(line("IPv4 Address.", `${ip}${all ? "(Preferred)" : ""}`), line("Subnet Mask", "255.255.255.0"));
    text.push(line("Default Gateway", ip.replace(/\.\d+$/, ".1")));
    if (all) text.push(line("DNS Servers", facts.nameServer), line("NetBIOS over Tcpip.", "Enabled"));
    text.push("");
  }
  out.write(`${text.slice(0, -1).join("\r\n")}\r\n`);
  return 0;
};

/** `netstat`, with `-a`, `-n` and `-o`. */
export const netstat: Program = ({ host, arguments: words, out }) => {
  const switches = words.join("").toLowerCase();
  const everything = switches.includes("a");
  const pids = switches.includes("o");
  const row = (protocol: string, local: string, foreign: string, state: string, pid: string): string =>
    `  ${protocol.padEnd(7)}${local.padEnd(23)}${foreign.padEnd(23)}${state.padEnd(16)}${pids ? pid : ""}`.trimEnd();
  const rows = connectionsOf(host)
    .filter(({ remote }) => everything || remote !== undefined)
    .map(({ protocol, local, remote, pid }) => {
      const state = protocol === "UDP" ? "" : remote === undefined ? "LISTENING" : "ESTABLISHED";
      return row(protocol, local, remote ?? (protocol === "UDP" ? "*:*" : "0.0.0.0:0"), state, String(pid));
    });
  const head = row("Proto", "Local Address", "Foreign Address", "State", "PID");
  out.write(`\r\nActive Connections\r\n\r\n${[head, ...rows].join("\r\n")}\r\n`);
  return 0;
};

/** Where a name leads: an endpoint of the organisation, an address, or nowhere. */
export function resolveName({ host }: Pick<Call, "host">, name: string): string | undefined {
  if (isIP(name) !== 0) return name;
  if (/^localhost$/i.test(name)) return "127.0.0.1";
  const found = findSensorByName(host.store, name.split(".")[0] ?? "");
  const wanted = name.toLowerCase();
  if (found !== undefined && (!name.includes(".") || found.computer_dns_name.toLowerCase() === wanted)) {
    return found.interfaces[0]?.ip;
  }
  return /\.example$|\.[a-z]{2,}$/i.test(name) ? `203.0.113.${1 + (hash32(wanted) % 254)}` : undefined;
}

/** `ping`, with `-n COUNT`, `-t` and `-w`: about a second for each packet but the first. */
export const ping: Program = async (call) => {
  const { arguments: words, out, error, host } = call;
  let count = 4;
  let target: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (/^[-/]t$/i.test(word)) count = Number.POSITIVE_INFINITY;
    else if (/^[-/]n$/i.test(word)) count = Number(words[++at]);
    else if (/^[-/][wli]$/i.test(word)) at++;
    else if (!/^[-/]/.test(word)) target = word;
  }
  if (!(count >= 1) || target === undefined) {
    error.write(
      target === undefined
        ? "IP address must be specified.\r\n"
        : "Bad value for option -n, valid range is from 1 to 4294967295.\r\n",
    );
    return 1;
  }
  const address = resolveName(call, target);
  if (address === undefined) {
    error.write(`Ping request could not find host ${target}. Please check the name and try again.\r\n`);
    return 1;
  }
  // An isolated endpoint reaches nobody but the server.
  const answers = host.sensor.state?.is_isolating !== true || address === "127.0.0.1";
  out.write(`\r\nPinging ${address === target ? target : `${target} [${address}]`} with 32 bytes of data:\r\n`);
  let sent = 0;
  while (sent < count && !call.signal.aborted) {
    if (sent > 0) await sleep(call, 1000);
    out.write(answers ? `Reply from ${address}: bytes=32 time<1ms TTL=128\r\n` : "Request timed out.\r\n");
    sent++;
  }
  const lost = answers ? 0 : sent;
  out.write(`\r\nPing statistics for ${address}:\r\n`);
  out.write(
    `    Packets: Sent = ${sent}, Received = ${sent - lost}, Lost = ${lost} (${lost === 0 ? 0 : 100}% loss),\r\n`,
  );
  if (answers)
    out.write("Approximate round trip times in milli-seconds:\r\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\r\n");
  return answers ? 0 : 1;
};

const DONE = "The command completed successfully.\r\n\r\n";

/** `net use`, `net user`, `net start`, `net localgroup`, `net accounts`. */
export const net: Program = (call) => {
  const [topic = "", subject] = call.arguments.map((word) => word.toLowerCase());
  switch (topic) {
    case "use":
      return netUse(call);
    case "user":
    case "users":
      return netUser(call, subject);
    case "start":
      return netStart(call, subject);
    case "localgroup":
      return netLocalGroup(call, subject);
    default:
      call.error.write("The syntax of this command is:\r\n\r\nNET\r\n    [ LOCALGROUP | START | USE | USER ]\r\n");
      return 1;
  }
};

/** The drives that somebody connected, from the hives of the users. */
function netUse({ host, out }: Call): number {
  const rows: string[] = [];
  for (const { sid } of host.facts.accounts) {
    const key = host.registry?.find(`HKU\\${sid}\\Network`);
    for (const drive of key?.keys ?? []) {
      const remote = String(drive.value("RemotePath")?.value_data ?? "");
      rows.push(
        `${"OK".padEnd(13)}${`${drive.name.toUpperCase()}:`.padEnd(10)}${remote.padEnd(26)}Microsoft Windows Network\r\n`,
      );
    }
  }
  if (rows.length === 0) {
    out.write("New connections will be remembered.\r\n\r\nThere are no entries in the list.\r\n\r\n");
    return 0;
  }
  const head = `Status       Local     Remote                    Network\r\n\r\n${"-".repeat(79)}\r\n`;
  out.write(`New connections will be remembered.\r\n\r\n\r\n${head}${rows.join("")}${DONE}`);
  return 0;
}

function netUser({ host, out, error }: Call, name: string | undefined): number {
  const { facts } = host;
  const own = facts.accounts.filter(({ authority }) => authority.toLowerCase() === facts.hostname.toLowerCase());
  const names = [...new Set(["Administrator", "Guest", ...own.map((account) => account.name)])].sort();
  if (name === undefined) {
    const rows = Array.from({ length: Math.ceil(names.length / 3) }, (_, n) => names.slice(3 * n, 3 * n + 3));
    const text = rows
      .map((row) =>
        row
          .map((each) => each.padEnd(25))
          .join("")
          .trimEnd(),
      )
      .join("\r\n");
    out.write(
      `\r\nUser accounts for \\\\${facts.hostname.toUpperCase()}\r\n\r\n${"-".repeat(79)}\r\n${text}\r\n${DONE}`,
    );
    return 0;
  }
  const found = names.find((each) => each.toLowerCase() === name);
  if (found === undefined) {
    error.write("The user name could not be found.\r\n\r\nMore help is available by typing NET HELPMSG 2221.\r\n\r\n");
    return 2;
  }
  const active = found === "Guest" ? "No" : "Yes";
  const group = found === "Guest" ? "*Guests" : "*Administrators";
  const fact = (label: string, value: string): string => `${label.padEnd(29)}${value}`.trimEnd();
  out.write(
    `${[fact("User name", found), fact("Account active", active), fact("Local Group Memberships", group)].join("\r\n")}\r\n${DONE}`,
  );
  return 0;
}

function netStart({ host, out, error }: Call, name: string | undefined): number {
  const services = servicesOf(host.table.list());
  if (name !== undefined) {
    const found = services.find((each) => each.name.toLowerCase() === name || each.display.toLowerCase() === name);
    if (found === undefined) {
      error.write("The service name is invalid.\r\n\r\nMore help is available by typing NET HELPMSG 2185.\r\n\r\n");
      return 2;
    }
    error.write(
      "The requested service has already been started.\r\n\r\nMore help is available by typing NET HELPMSG 2182.\r\n\r\n",
    );
    return 2;
  }
  const running = services.filter(({ pid }) => pid !== undefined).map(({ display }) => `   ${display}\r\n`);
  out.write(`These Windows services are started:\r\n\r\n${running.sort().join("")}\r\n${DONE}`);
  return 0;
}

function netLocalGroup({ host, out, error }: Call, name: string | undefined): number {
  const { facts } = host;
  if (name === undefined) {
    const groups = ["*Administrators", "*Backup Operators", "*Guests", "*Remote Desktop Users", "*Users"];
    out.write(
      `\r\nAliases for \\\\${facts.hostname.toUpperCase()}\r\n\r\n${"-".repeat(79)}\r\n${groups.join("\r\n")}\r\n${DONE}`,
    );
    return 0;
  }
  if (!["administrators", "backup operators", "guests", "remote desktop users", "users"].includes(name)) {
    error.write("System error 1376 has occurred.\r\n\r\nThe specified local group does not exist.\r\n\r\n");
    return 2;
  }
  const domain = facts.domain === "WORKGROUP" ? [] : [`${facts.domain}\\Domain Admins`];
  const members = name === "administrators" ? ["Administrator", ...domain] : [];
  out.write(
    `Alias name     ${name}\r\nMembers\r\n\r\n${"-".repeat(79)}\r\n${members.map((each) => `${each}\r\n`).join("")}${DONE}`,
  );
  return 0;
}
