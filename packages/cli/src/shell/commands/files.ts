import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { TransferBar } from "../../draw/transfer-bar.js";
import { CommandError } from "../../shown-error.js";
import { safeText } from "../../text-safety.js";
import { attachmentOf, remotePath, type ShellCommand } from "../command.js";
import { ContentPrinter } from "../content.js";
import { localTarget } from "../local-names.js";

/** Milliseconds for a transfer between endpoint and server; whoever waits can stop it. */
const LONG = 12 * 3_600_000;

const cat: ShellCommand = {
  name: "cat",
  aliases: ["type"],
  usage: "FILE",
  summary: "print a file of the endpoint",
  details: ["On a terminal what could steer it is spelt out; into a file or a program the bytes go as they are."],
  words: [1, 1],
  arguments: ["remote"],
  async run(call) {
    const { session } = attachmentOf(call);
    const { terminal, signal } = call;
    const file = await session.getRawFile(remotePath(call, call.words[0] ?? ""), { signal, timeout: LONG });
    const printer = new ContentPrinter(terminal, signal);
    for await (const chunk of file.stream({ signal }) as AsyncIterable<Buffer>) await printer.write(chunk);
    printer.end();
  },
};

const get: ShellCommand = {
  name: "get",
  usage: "[-f] REMOTE [LOCAL]",
  summary: "fetch a file of the endpoint",
  details: [
    "Without LOCAL, or when that is a folder, the file keeps its name, without what a name here cannot have.",
    "-f  replace a local file",
  ],
  options: { f: "flag" },
  words: [1, 2],
  arguments: ["remote", "local"],
  async run(call) {
    const { session, paths } = attachmentOf(call);
    const { terminal, signal } = call;
    const remote = remotePath(call, call.words[0] ?? "");
    const local = await localTarget(paths.base(remote), atHome(call.words[1]));
    const overwrite = call.flag("f");
    if (!overwrite && (await stat(local).catch(() => undefined)) !== undefined) {
      throw new CommandError(`${local} exists already: get -f replaces it.`);
    }
    const bar = new TransferBar(terminal, `get ${paths.base(remote)}`);
    bar.waiting("the endpoint sends it to the server");
    const { size, sha256 } = await session.downloadFile(remote, local, {
      signal,
      overwrite,
      timeout: LONG,
      onProgress: ({ transferred, total }) => bar.update(transferred, total),
    });
    terminal.print(`${safeText(remote)} -> ${safeText(local)}: ${bar.end(size)}`);
    terminal.print(terminal.colors.dim(`sha256 ${sha256}`));
  },
};

const put: ShellCommand = {
  name: "put",
  usage: "LOCAL [REMOTE]",
  summary: "write a local file to the endpoint",
  details: ["Without REMOTE it goes to the working directory. A file that is there is replaced."],
  words: [1, 2],
  arguments: ["local", "remote"],
  changesFiles: true,
  async run(call) {
    const { session, paths, directory } = attachmentOf(call);
    const { terminal, signal } = call;
    const local = atHome(call.words[0]) ?? "";
    const name = basename(local);
    const given = call.words[1];
    const remote =
      given === undefined
        ? paths.join(directory, name)
        : paths.endsWithSeparator(given)
          ? paths.join(remotePath(call, given), name)
          : remotePath(call, given);
    const bar = new TransferBar(terminal, `put ${name}`);
    const { size, sha256 } = await session.putFile({ path: local }, remote, {
      signal,
      timeout: LONG,
      onProgress: ({ transferred, total }) => {
        bar.update(transferred, total);
        if (transferred === total) bar.waiting("the server sends it to the endpoint");
      },
    });
    terminal.print(`${safeText(local)} -> ${safeText(remote)}: ${bar.end(size)}`);
    terminal.print(terminal.colors.dim(`sha256 ${sha256}`));
  },
};

const rm: ShellCommand = {
  name: "rm",
  aliases: ["del", "delete", "rmdir"],
  usage: "PATH...",
  summary: "remove files or empty directories of the endpoint",
  words: [1, 100],
  arguments: ["remote"],
  changesFiles: true,
  async run(call) {
    const { session, paths } = attachmentOf(call);
    const all = call.words.map((typed) => remotePath(call, typed));
    const pattern = all.find((path) => paths.hasPattern(path));
    if (pattern !== undefined) throw new CommandError(`${pattern} is a pattern: files are removed by their names.`);
    for (const path of all) await session.deleteFile(paths.directory(path), { signal: call.signal });
  },
};

const mkdir: ShellCommand = {
  name: "mkdir",
  aliases: ["md"],
  usage: "DIRECTORY...",
  summary: "make directories on the endpoint",
  words: [1, 100],
  arguments: ["remote"],
  changesFiles: true,
  async run(call) {
    const { session, paths } = attachmentOf(call);
    for (const typed of call.words) {
      await session.createDirectory(paths.directory(remotePath(call, typed)), { signal: call.signal });
    }
  },
};

/** `~` of this machine, as every shell has it. */
function atHome(path: string | undefined): string | undefined {
  return path !== undefined && /^~[\\/]/.test(path) ? join(homedir(), path.slice(2)) : path;
}

export const fileCommands = [cat, get, put, rm, mkdir] as const;
