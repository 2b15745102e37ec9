import { LiveResponseError } from "cbapi";
import type { DirectoryEntry } from "cbapi/response";
import { drawDirectory } from "../../draw/directory.js";
import { safeData, safeText } from "../../text-safety.js";
import { attachmentOf, type Call, remotePath, type ShellCommand } from "../command.js";
import { existingPath } from "../existing.js";

const cd: ShellCommand = {
  name: "cd",
  usage: "[DIRECTORY]",
  summary: "change the working directory, or print it",
  details: ["cd - goes back to the one before. The directory is kept here; the endpoint is asked whether it exists."],
  words: [0, 1],
  arguments: ["existing"],
  async run(call) {
    const attached = attachmentOf(call);
    const { paths } = attached;
    const [typed] = call.words;
    if (typed === undefined) return call.terminal.print(safeText(attached.directory));
    const path =
      typed === "-" ? (attached.previous ?? attached.directory) : await existingPath(call, typed, "directory");
    const directory = paths.directory(path);
    const listing = paths.listing(directory);
    call.shell.directories.keep(listing, await attached.session.listDirectory(listing, { signal: call.signal }));
    attached.previous = attached.directory;
    attached.directory = directory;
  },
};

const pwd: ShellCommand = {
  name: "pwd",
  usage: "",
  summary: "print the working directory",
  words: [0, 0],
  run: async (call) => call.terminal.print(safeText(attachmentOf(call).directory)),
};

const ls: ShellCommand = {
  name: "ls",
  aliases: ["dir"],
  usage: "[-l] [PATH]",
  summary: "list a directory",
  details: [
    "PATH may have * and ? in its last part. Times are of creation, in UTC.",
    "-l  with the times of the last write and the last access, and the attributes",
  ],
  options: { l: "flag" },
  words: [0, 1],
  arguments: ["existing"],
  async run(call) {
    const attached = attachmentOf(call);
    const path = remotePath(call, call.words[0] ?? ".");
    const { listed, entries } = await contentOf(call, path);
    if (attached.paths.endsWithSeparator(listed)) call.shell.directories.keep(listed, entries);
    const { terminal } = call;
    for (const line of drawDirectory(safeText(listed), safeData(entries), call.flag("l"), terminal.colors)) {
      terminal.print(line);
    }
  },
};

/** What is in a directory, or the one file that is meant. */
async function contentOf(call: Call, path: string): Promise<{ listed: string; entries: DirectoryEntry[] }> {
  const { session, paths } = attachmentOf(call);
  const { signal } = call;
  if (paths.hasPattern(path)) return { listed: path, entries: await session.listDirectory(path, { signal }) };
  const listed = paths.listing(path);
  try {
    return { listed, entries: await session.listDirectory(listed, { signal }) };
  } catch (error) {
    if (!(error instanceof LiveResponseError) || listed === path) throw error;
    // A file, perhaps. When it is none, the first refusal says more.
    const entries = await session.listDirectory(path, { signal }).catch(() => {
      signal.throwIfAborted();
      throw error;
    });
    return { listed: path, entries };
  }
}

const drives: ShellCommand = {
  name: "drives",
  usage: "",
  summary: "list the endpoint's drives",
  words: [0, 0],
  async run(call) {
    for (const drive of attachmentOf(call).session.drives) call.terminal.print(safeText(drive));
  },
};

export const navigationCommands = [cd, pwd, ls, drives] as const;
