import { basename } from "node:path";
import { TransferBar } from "../../draw/transfer-bar.js";
import { mustBeFree } from "../../local-file.js";
import { attachmentOf, remotePath, type ShellCommand } from "../command.js";
import { ContentPrinter } from "../content.js";
import { existingPath } from "../existing.js";
import { atHome, localTarget } from "../local-names.js";

/** Milliseconds for a transfer between endpoint and server; whoever waits can stop it. */
const LONG = 12 * 3_600_000;

const cat: ShellCommand = {
  name: "cat",
  aliases: ["type"],
  usage: "FILE",
  summary: "print a file of the endpoint",
  details: ["On a terminal what could steer it is spelt out; into a file or a program the bytes go as they are."],
  words: [1, 1],
  arguments: ["existing"],
  async run(call) {
    const { session } = attachmentOf(call);
    const { terminal, signal } = call;
    const path = await existingPath(call, call.words[0] ?? "", "file");
    const file = await session.getRawFile(path, { signal, timeout: LONG });
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
    "REMOTE may be a pattern (* and ?) that fits one file alone, for names that cannot be typed.",
    "-f  replace a local file",
  ],
  options: { f: "flag" },
  words: [1, 2],
  arguments: ["existing", "local"],
  async run(call) {
    const { session, paths } = attachmentOf(call);
    const { terminal, signal } = call;
    const remote = await existingPath(call, call.words[0] ?? "", "file");
    const local = await localTarget(paths.base(remote), atHome(call.words[1]));
    const overwrite = call.flag("f");
    if (!overwrite) await mustBeFree(local);
    const bar = new TransferBar(terminal, `get ${paths.base(remote)}`);
    bar.waiting("the endpoint sends it to the server");
    const { size, sha256 } = await session.downloadFile(remote, local, {
      signal,
      overwrite,
      timeout: LONG,
      onProgress: ({ transferred, total }) => bar.update(transferred, total),
    });
    bar.tell(remote, local, size, sha256);
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
    bar.tell(local, remote, size, sha256);
  },
};

const rm: ShellCommand = {
  name: "rm",
  aliases: ["del", "delete", "rmdir"],
  usage: "PATH...",
  summary: "remove files or empty directories of the endpoint",
  details: ["A PATH may be a pattern (* and ?) that fits one alone, for names that cannot be typed."],
  words: [1, 100],
  arguments: ["existing"],
  changesFiles: true,
  async run(call) {
    const { session, paths } = attachmentOf(call);
    // Nothing is removed before it is known what is meant by all of them.
    const all: string[] = [];
    for (const typed of call.words) all.push(await existingPath(call, typed, "any"));
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

export const fileCommands = [cat, get, put, rm, mkdir] as const;
