import { baseName } from "../../../paths.js";
import type { Steps } from "../../../steps.js";
import { linuxKernel } from "../../disk/unix-layout.js";
import { failureOf, failureText } from "../../failures.js";
import { connectionsOf } from "../connections.js";
import { linesOf } from "../lines.js";
import { TextPattern } from "../pattern.js";
import type { Call, Program } from "../program.js";
import { forever, sleep } from "../waiting.js";
import { resolveName } from "../windows/network.js";
import { pathOf, split } from "./files.js";

const isLinux = ({ host }: Call): boolean => host.sensor.os_type === "linux";

/** `echo`, with `-n`. */
export const echo: Program = ({ arguments: words, out }) => {
  const bare = words[0] === "-n";
  out.write(`${words.slice(bare ? 1 : 0).join(" ")}${bare ? "" : "\n"}`);
  return 0;
};

export const whoami: Program = ({ out }) => {
  out.write("root\n");
  return 0;
};

/** `id [USER]` */
export const id: Program = (call) => {
  const { rest, letters } = split(call.arguments);
  const [name = "root"] = rest;
  const index = call.host.facts.accounts.findIndex((account) => account.name === name);
  if (name !== "root" && index < 0) {
    call.error.write(`id: '${name}': no such user\n`);
    return 1;
  }
  const root = isLinux(call) ? "root" : "wheel";
  const number = name === "root" ? 0 : (isLinux(call) ? 1000 : 501) + index;
  const group = name === "root" ? `0(${root})` : isLinux(call) ? `${number}(${name})` : "20(staff)";
  if (letters.has("u")) call.out.write(`${letters.has("n") ? name : number}\n`);
  else call.out.write(`uid=${number}(${name}) gid=${group} groups=${group}\n`);
  return 0;
};

/** `uname`, with `-a`, `-s`, `-n`, `-r`, `-v`, `-m`. */
export const uname: Program = (call) => {
  const { letters } = split(call.arguments);
  const linux = isLinux(call);
  const parts: [letter: string, text: string][] = [
    ["s", linux ? "Linux" : "Darwin"],
    ["n", call.host.facts.hostname],
    ["r", linux ? linuxKernel(call.host.facts) : "23.2.0"],
    ["v", linux ? "#1 SMP PREEMPT_DYNAMIC" : "Darwin Kernel Version 23.2.0"],
    ["m", linux ? "x86_64" : "arm64"],
  ];
  const wanted = parts.filter(
    ([letter]) => letters.has("a") || letters.has(letter) || (letters.size === 0 && letter === "s"),
  );
  call.out.write(`${wanted.map(([, text]) => text).join(" ")}${linux && letters.has("a") ? " GNU/Linux" : ""}\n`);
  return 0;
};

export const hostname: Program = ({ host, arguments: words, out }) => {
  const { facts } = host;
  out.write(
    `${words.includes("-f") ? facts.sensor.computer_dns_name : words.includes("-I") ? facts.address : facts.hostname}\n`,
  );
  return 0;
};

/** `ps`, also `ps -ef` and `ps aux`. */
export const ps: Program = (call) => {
  const words = call.arguments.join("").replace("-", "");
  const list = call.host.table.list().filter(({ pid }) => pid > 0);
  const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);
  if (words.includes("u")) {
    call.out.write("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n");
    for (const { username, pid, command_line, create_time } of list) {
      const user = (username === "" ? "root" : username).slice(0, 8).padEnd(8);
      call.out.write(
        `${user} ${String(pid).padStart(7)}  0.0  0.1 ${String(9000 + (pid % 800) * 8).padStart(6)} ${String(2000 + (pid % 90) * 12).padStart(5)} ?        Ss   ${clock(create_time)}   0:00 ${command_line}\n`,
      );
    }
  } else if (words.includes("f")) {
    call.out.write("UID          PID    PPID  C STIME TTY          TIME CMD\n");
    for (const { username, pid, parent, command_line, create_time } of list) {
      const user = (username === "" ? "root" : username).slice(0, 8).padEnd(8);
      call.out.write(
        `${user} ${String(pid).padStart(7)} ${String(parent).padStart(7)}  0 ${clock(create_time)} ?        00:00:00 ${command_line}\n`,
      );
    }
  } else {
    call.out.write("    PID TTY          TIME CMD\n");
    const shown =
      words.includes("e") || words.includes("A") ? list : list.filter(({ pid }) => pid === call.process.pid);
    for (const { pid, path } of shown)
      call.out.write(`${String(pid).padStart(7)} ?        00:00:00 ${baseName(path)}\n`);
  }
  return 0;
};

/** `kill [-SIGNAL] PID...` */
export const kill: Program = (call) => {
  let code = 0;
  for (const word of call.arguments.filter((each) => !each.startsWith("-"))) {
    try {
      call.host.table.kill(/^\d+$/.test(word) ? Number(word) : -1);
    } catch (refusal) {
      call.error.write(`kill: (${word}) - ${failureText(refusal)}\n`);
      code = 1;
    }
  }
  return code;
};

/** `sleep NUMBER[smhd]`, or `infinity`. */
export const sleepProgram: Program = async (call) => {
  let total = 0;
  for (const word of call.arguments) {
    const parts = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word);
    if (word === "infinity") total = Number.POSITIVE_INFINITY;
    else if (parts === null) {
      call.error.write(`sleep: invalid time interval '${word}'\n`);
      return 1;
    } else total += Number(parts[1]) * ({ "": 1, s: 1, m: 60, h: 3600, d: 86_400 }[parts[2] ?? ""] ?? 1);
  }
  if (total === Number.POSITIVE_INFINITY) return await forever(call);
  const until = total * 1000;
  for (let slept = 0; slept < until && !call.signal.aborted; slept += 86_400_000) {
    await sleep(call, Math.min(86_400_000, until - slept));
  }
  return call.arguments.length === 0 ? 1 : 0;
};

/** So much of a file is looked at. */
const MOST_SEARCHED = 32 * 1024 * 1024;

/** The start of what a program is to look at: of a file, or of what comes in. */
const startOfInput = (call: Call, word: string | undefined): Uint8Array =>
  word === undefined ? call.input : call.host.files.file(pathOf(call, word)).content.slice(0, MOST_SEARCHED);

/** `grep PATTERN [FILE...]`, with `-i`, `-v`, `-n`, `-c`, `-l`, `-q`, `-F`, `-x` and `-r`. */
export const grep: Program = function* (call) {
  const { letters, rest } = split(call.arguments);
  const [wanted, ...files] = rest;
  if (wanted === undefined) {
    call.error.write("Usage: grep [OPTION]... PATTERNS [FILE]...\n");
    return 2;
  }
  const pattern = new TextPattern(wanted, {
    literal: letters.has("F"),
    ignoreCase: letters.has("i"),
    whole: letters.has("x"),
  });
  const deep = letters.has("r") || letters.has("R");
  let hits = 0;
  let failed = false;
  const shown = !(letters.has("q") || letters.has("l") || letters.has("c"));
  function* search(name: string, bytes: Uint8Array, named: boolean): Steps<void> {
    const start = named ? `${name}:` : "";
    let number = 0;
    let found = 0;
    for (const line of linesOf(bytes)) {
      number++;
      if ((yield* pattern.search(line)) === letters.has("v")) continue;
      found++;
      if (shown) call.out.write(`${start}${letters.has("n") ? `${number}:` : ""}${line}\n`);
    }
    hits += found;
    if (letters.has("q")) return;
    if (letters.has("l")) call.out.write(found > 0 ? `${name}\n` : "");
    else if (letters.has("c")) call.out.write(`${start}${found}\n`);
  }
  if (files.length === 0 && !deep) yield* search("(standard input)", call.input, false);
  for (const word of deep && files.length === 0 ? ["."] : files) {
    const ahead = [word];
    for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
      yield;
      try {
        const node = call.host.files.find(pathOf(call, at), at === word);
        if (node?.kind === "link") continue;
        if (node?.kind === "directory") {
          if (!deep) call.error.write(`grep: ${at}: Is a directory\n`);
          else
            for (const [each, , name] of call.host.files.entries(`${pathOf(call, at)}/`).reverse())
              if (name === undefined) ahead.push(`${at.replace(/\/$/, "")}/${each.name}`);
          continue;
        }
        const { content } = call.host.files.file(pathOf(call, at));
        yield* search(at, content.slice(0, Math.min(content.size, MOST_SEARCHED)), files.length > 1 || deep);
      } catch (refusal) {
        call.error.write(`grep: ${at}: ${failureText(refusal)}\n`);
        failed = true;
      }
    }
  }
  return failed ? 2 : hits > 0 ? 0 : 1;
};

/** `head` and `tail`, with `-n NUMBER` or `-NUMBER`. */
export const headOrTail: Program = function* (call) {
  const words = [...call.arguments];
  let count = 10;
  const at = words.findIndex((word) => /^-(n\+?\d*|\d+)$/.test(word));
  if (at >= 0) {
    const word = words[at] ?? "";
    const digits = /\d+$/.exec(word)?.[0];
    count = Number(digits ?? words[at + 1]);
    words.splice(at, digits === undefined ? 2 : 1);
  }
  for (const word of words.length === 0 ? [undefined] : words) {
    try {
      const lines = linesOf(startOfInput(call, word));
      if (call.name === "head") {
        let left = count;
        for (const line of lines) {
          if (!(left-- > 0)) break;
          call.out.write(`${line}\n`);
          yield;
        }
      } else yield* showLast(call, lines, count);
    } catch (refusal) {
      call.error.write(`${call.name}: cannot open '${word}' for reading: ${failureText(refusal)}\n`);
      return 1;
    }
  }
  return 0;
};

const BYTES_A_STEP = 65_536;
/** Lines that `tail` holds. */
const MOST_HELD = 1_000_000;

function* showLast({ host, out }: Call, lines: Iterable<string>, count: number): Steps<void> {
  if (count > MOST_HELD) throw failureOf(host.sensor.os_type, "noMemory");
  // A ring: the line number `n` stands at `n % count`.
  const held: string[] = [];
  let seen = 0;
  for (const line of lines) {
    if (count > 0) held[seen++ % count] = line;
    yield;
  }
  for (let at = Math.max(0, seen - count); at < seen; at++) {
    out.write(`${held[at % count]}\n`);
    yield;
  }
}

/** `wc`, with `-l`, `-w` and `-c`. */
export const wc: Program = function* (call) {
  const { letters, rest } = split(call.arguments);
  for (const word of rest.length === 0 ? [undefined] : rest) {
    const bytes = startOfInput(call, word);
    const numbers = { l: 0, w: 0, c: bytes.length };
    let within = false;
    for (const [at, byte] of bytes.entries()) {
      const blank = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
      if (byte === 0x0a) numbers.l++;
      if (!blank && !within) numbers.w++;
      within = !blank;
      if (at % BYTES_A_STEP === 0) yield;
    }
    const wanted = (["l", "w", "c"] as const).filter((letter) => letters.size === 0 || letters.has(letter));
    const single = wanted.length === 1 && word === undefined;
    call.out.write(
      `${wanted.map((letter) => (single ? String(numbers[letter]) : String(numbers[letter]).padStart(7))).join(" ")}${word === undefined ? "" : ` ${word}`}\n`,
    );
  }
  return 0;
};

/** `ip addr`, `ip route` and `ifconfig`. */
export const addresses: Program = (call) => {
  const { facts, sensor } = call.host;
  if (call.name === "ip" && /^r/.test(call.arguments[0] ?? "")) {
    call.out.write(`default via ${facts.gateway} dev eth0 proto static\n`);
    return 0;
  }
  const colons = (mac: string): string => mac.toLowerCase().replace(/..(?=.)/g, "$&:");
  if (call.name === "ip") {
    call.out.write(
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n",
    );
    for (const [n, { ip, mac }] of sensor.interfaces.entries()) {
      call.out.write(
        `${n + 2}: eth${n}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    link/ether ${colons(mac)} brd ff:ff:ff:ff:ff:ff\n    inet ${ip}/24 brd ${ip.replace(/\.\d+$/, ".255")} scope global eth${n}\n`,
      );
    }
    return 0;
  }
  const name = sensor.os_type === "osx" ? "en" : "eth";
  for (const [n, { ip, mac }] of sensor.interfaces.entries()) {
    call.out.write(
      `${name}${n}: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet ${ip}  netmask 255.255.255.0  broadcast ${ip.replace(/\.\d+$/, ".255")}\n        ether ${colons(mac)}\n\n`,
    );
  }
  return 0;
};

/** `netstat` and `ss`: what waits, and what is connected. */
export const sockets: Program = (call) => {
  call.out.write("Proto Local Address           Foreign Address         State       PID\n");
  for (const { protocol, local, remote, pid } of connectionsOf(call.host)) {
    const state = protocol === "UDP" ? "" : remote === undefined ? "LISTEN" : "ESTABLISHED";
    call.out.write(
      `${protocol.toLowerCase().padEnd(5)} ${local.padEnd(23)} ${(remote ?? "0.0.0.0:*").padEnd(23)} ${state.padEnd(11)} ${pid}\n`,
    );
  }
  return 0;
};

/** `ping HOST`, with `-c COUNT`; without it, until it is ended. */
export const ping: Program = async (call) => {
  const words = call.arguments;
  const at = words.indexOf("-c");
  const count = at < 0 ? Number.POSITIVE_INFINITY : Number(words[at + 1]);
  const target = words.find((word, n) => !word.startsWith("-") && (at < 0 || n !== at + 1));
  const address = target === undefined ? undefined : resolveName(call, target);
  if (address === undefined || !(count >= 1)) {
    call.error.write(`ping: ${target ?? "usage error"}: Name or service not known\n`);
    return 2;
  }
  call.out.write(`PING ${target} (${address}) 56(84) bytes of data.\n`);
  let sent = 0;
  while (sent < count && !call.signal.aborted) {
    if (sent > 0) await sleep(call, 1000);
    call.out.write(`64 bytes from ${address}: icmp_seq=${++sent} ttl=64 time=0.4 ms\n`);
  }
  call.out.write(
    `\n--- ${target} ping statistics ---\n${sent} packets transmitted, ${sent} received, 0% packet loss\n`,
  );
  return 0;
};

export const env: Program = ({ environment, out }) => {
  out.write(
    environment
      .entries()
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  return 0;
};

/** `date`, also `date +%s`. */
export const date: Program = ({ host, arguments: words, out }) => {
  const now = new Date(host.now());
  const [, day = "", month = "", , clock = ""] = /^(\w+), \d+ (\w+) (\d+) (\S+)/.exec(now.toUTCString()) ?? [];
  out.write(
    words[0] === "+%s"
      ? `${Math.floor(host.now() / 1000)}\n`
      : `${day} ${month} ${String(now.getUTCDate()).padStart(2)} ${clock} UTC ${now.getUTCFullYear()}\n`,
  );
  return 0;
};

/** `which NAME...` */
export const which: Program = (call) => {
  let code = 0;
  for (const word of call.arguments) {
    const found = (call.environment.get("PATH") ?? "")
      .split(":")
      .find((place) => call.host.files.find(`${place}/${word}`)?.kind === "file");
    if (found === undefined) code = 1;
    else call.out.write(`${found}/${word}\n`);
  }
  return code;
};
