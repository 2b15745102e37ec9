import { TransferBar } from "../../draw/transfer-bar.js";
import { mustBeFree, writeLocal } from "../../local-file.js";
import { attachmentOf, remotePath, type ShellCommand } from "../command.js";
import { atHome, localTarget } from "../local-names.js";

const memdump: ShellCommand = {
  name: "memdump",
  usage: "[-z] [-f] [LOCAL [REMOTE]]",
  summary: "have the endpoint write its memory to a file, and fetch it",
  details: [
    "Without LOCAL it is named after the computer. On the endpoint it is removed afterwards.",
    "-z  compressed, as a ZIP",
    "-f  replace a local file",
    "REMOTE is where the endpoint writes it (by default a random name in its folder for temporary files).",
  ],
  options: { z: "flag", f: "flag" },
  words: [0, 2],
  arguments: ["local", "remote"],
  changesFiles: true,
  async run(call) {
    const { session, endpoint } = attachmentOf(call);
    const { terminal, signal } = call;
    const [given, remote] = call.words;
    const compress = call.flag("z");
    const name = `${endpoint.hostname ?? `${call.shell.endpoints.noun}-${endpoint.id}`}.${compress ? "dmp.zip" : "dmp"}`;
    const local = await localTarget(name, atHome(given));
    const overwrite = call.flag("f");
    // The dump takes minutes: what stands in its way is found before.
    if (!overwrite) await mustBeFree(local);
    const bar = new TransferBar(terminal, "memdump");
    bar.waiting("the endpoint writes its memory");
    const { size, sha256 } = await session.memdump(local, {
      signal,
      compress,
      overwrite,
      ...(remote === undefined ? {} : { remotePath: remotePath(call, remote) }),
      onProgress: ({ state, percent, transfer }) => {
        if (transfer !== undefined) bar.update(transfer.transferred, transfer.total);
        else bar.waiting(percent === undefined ? state : `${state}, ${percent}%`);
      },
    });
    bar.tell(`memory of ${endpoint.hostname ?? `${call.shell.endpoints.noun} ${endpoint.id}`}`, local, size, sha256);
  },
};

const archive: ShellCommand = {
  name: "archive",
  usage: "[-f] [LOCAL]",
  summary: "fetch the session's archive: its commands, their results and files, as a ZIP",
  details: ["-f  replace a local file"],
  options: { f: "flag" },
  words: [0, 1],
  arguments: ["local"],
  async run(call) {
    const { session } = attachmentOf(call);
    const { terminal, signal } = call;
    const local = await localTarget(`session-${session.sessionId}.zip`, atHome(call.words[0]));
    const bar = new TransferBar(terminal, "archive");
    const size = await writeLocal(local, () => session.getSessionArchive({ signal }), {
      overwrite: call.flag("f"),
      signal,
      onProgress: (bytes) => bar.update(bytes, undefined),
    });
    bar.tell(`session ${session.sessionId}`, local, size);
  },
};

export const memoryCommands = [memdump, archive] as const;
