import type { HostFacts } from "../facts.js";

/** What stands in the text files of a Windows endpoint. */
const lines = (...text: string[]): string => `${text.join("\r\n")}\r\n`;
const stamp = (time: number): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");

export const WIN_INI = lines(
  "; for 16-bit app support",
  "[fonts]",
  "[extensions]",
  "[mci extensions]",
  "[files]",
  "[Mail]",
  "MAPI=1",
);
export const SYSTEM_INI = lines(
  "; for 16-bit app support",
  "[386Enh]",
  "woafont=dosapp.fon",
  "EGA80WOA.FON=EGA80WOA.FON",
  "",
  "[drivers]",
  "wave=mmdrv.dll",
  "timer=timer.drv",
);
export const NETWORKS = lines("# Copyright (c) 1993-1999 Microsoft Corp.", "#", "loopback                 127");
export const PROTOCOLS = lines(
  "# Copyright (c) 1993-2006 Microsoft Corp.",
  "",
  "ip       0     IP       # Internet protocol",
  "icmp     1     ICMP     # Internet control message protocol",
  "tcp      6     TCP      # Transmission control protocol",
  "udp      17    UDP      # User datagram protocol",
);
export const SERVICES = lines(
  "# Copyright (c) 1993-2004 Microsoft Corp.",
  "",
  "ftp                21/tcp",
  "ssh                22/tcp",
  "domain             53/udp",
  "http               80/tcp",
  "kerberos           88/tcp",
  "epmap             135/tcp",
  "ldap              389/tcp",
  "https             443/tcp",
  "microsoft-ds      445/tcp",
  "ms-wbt-server    3389/tcp",
);

export function hostsFile(facts: HostFacts): string {
  return lines(
    ...["# Copyright (c) 1993-2009 Microsoft Corp.", "#"],
    ...["# This is a sample HOSTS file used by Microsoft TCP/IP for Windows.", "#"],
    ...[
      "# localhost name resolution is handled within DNS itself.",
      "#\t127.0.0.1       localhost",
      "#\t::1             localhost",
    ],
    ...(facts.dnsDomain === "" ? [] : [`${facts.nameServer}\tdc-01.${facts.dnsDomain}`]),
  );
}

export function setupLog(facts: HostFacts): string {
  const { product, build } = facts.windows;
  const at = stamp(facts.installTime);
  return lines(
    `${at}, Info                  IBS    Setup has started on ${facts.hostname}`,
    `${at}, Info                  IBS    Installing ${product}, build ${build}`,
    `${stamp(facts.installTime + 1_260_000)}, Info                  IBS    Setup completed successfully`,
  );
}

export function componentLog(facts: HostFacts): string {
  const random = facts.random("cbs");
  let at = facts.bootTime;
  const entries = Array.from({ length: 60 }, () => {
    at += random.between(100, 90_000);
    const package_ = `KB50${random.between(10_000, 39_999)}`;
    return `${stamp(at)}, Info                  CBS    Appl: Evaluating package applicability for package Package_for_${package_}`;
  });
  return lines(...entries);
}

export function sensorLog(facts: HostFacts): string {
  const { sensor } = facts;
  return lines(
    `${stamp(sensor.registration_time)} : INFO  : Carbon Black sensor ${sensor.build_version_string} registered as sensor ${sensor.id}`,
    `${stamp(facts.bootTime)} : INFO  : Service started on ${facts.hostname} (${sensor.os_environment_display_string})`,
    `${stamp(facts.bootTime + 2_000)} : INFO  : Check-in complete`,
  );
}

export function webLog(facts: HostFacts, day: number): string {
  const random = facts.random(`iis/${day}`);
  const rows = Array.from({ length: 40 }, (_, n) => {
    const at = stamp(day + n * 60_000 * random.between(1, 20));
    const page = random.pick(["/", "/index.html", "/orders", "/api/status", "/favicon.ico"]);
    return `${at} ${facts.address} GET ${page} - 443 - 10.20.11.${random.between(20, 60)} Mozilla/5.0 200 0 0 ${random.between(2, 90)}`;
  });
  const fields =
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken";
  return lines("#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", fields, ...rows);
}
