import { directoryTime } from "../../draw/amounts.js";
import { CommandError } from "../../shown-error.js";
import { safeData } from "../../text-safety.js";
import { attachmentOf, type ShellCommand, ShellUsageError } from "../command.js";

const connect: ShellCommand = {
  name: "connect",
  aliases: ["attach"],
  usage: "HOST",
  summary: "open a session with an endpoint, by computer name or id",
  details: ["The session that is open is closed first. An endpoint that is offline is waited for."],
  words: [1, 1],
  arguments: ["none"],
  unattached: true,
  run: (call) => call.shell.connect(call.words[0] ?? "", call.signal),
};

const detach: ShellCommand = {
  name: "detach",
  aliases: ["disconnect"],
  usage: "",
  summary: "close the session and stay",
  words: [0, 0],
  async run(call) {
    attachmentOf(call);
    await call.shell.detach();
  },
};

const sessions: ShellCommand = {
  name: "sessions",
  usage: "[-a] | close ID...",
  summary: "list the server's sessions, of all users; close some that were left over",
  details: ["-a  those that have ended, too"],
  options: { a: "flag" },
  words: [0, 100],
  subcommands: ["close"],
  arguments: ["none"],
  unattached: true,
  async run(call) {
    const { shell, terminal, signal } = call;
    const { liveResponse } = shell.endpoints;
    const [action, ...ids] = call.words;
    if (action === undefined) {
      const list = safeData(await liveResponse.listSessions({ activeOnly: !call.flag("a"), signal }));
      const mine = call.attached?.session.sessionId;
      terminal.print(
        `${"id".padStart(7)}  ${"sensor".padStart(7)}  ${"status".padEnd(10)} ${"created (UTC)".padEnd(22)} host`,
      );
      for (const { id, sensor_id, status, hostname, create_time } of list) {
        const created = typeof create_time === "number" ? directoryTime(create_time) : "";
        const columns = [String(id).padStart(7), String(sensor_id ?? "").padStart(7), status.padEnd(10)];
        terminal.print(
          `${columns.join("  ")} ${created.padEnd(22)} ${hostname ?? ""}${id === mine ? " (this one)" : ""}`,
        );
      }
      return;
    }
    if (action !== "close" || ids.length === 0) throw new ShellUsageError("Close which sessions?", sessions);
    const outcomes = await liveResponse.reap({ ids, signal });
    for (const id of ids) {
      const outcome = outcomes.find(({ session }) => String(session.id) === id);
      if (outcome === undefined) throw new CommandError(`There is no session ${id}.`);
      if (outcome.state === "failed") throw outcome.error ?? new CommandError(`Session ${id} could not be closed.`);
      if (outcome.state === "kept") {
        throw new CommandError(
          `Session ${id} was not closed: ${outcome.reason ?? "it is kept"}. detach closes this shell's own.`,
        );
      }
      terminal.print(`Session ${id}: ${outcome.state}`);
    }
  },
};

export const sessionCommands: readonly ShellCommand[] = [connect, detach, sessions];
