import type { SensorRecord } from "../../domain/index.js";
import { HttpProblem } from "../../server/product.js";
import type { WriteBody } from "../../server/write-body.js";
import type { SessionFiles } from "../files.js";
import { CommandFields, type CommandKind, type PreparedCommand, type SubjectKeys } from "./command.js";
import { FILE_COMMANDS } from "./files.js";
import { MEMORY_COMMANDS } from "./memory.js";
import { PROCESS_COMMANDS } from "./processes.js";
import { REGISTRY_COMMANDS } from "./registry.js";

export type { CommandOutput, CommandWork, PreparedCommand, SubjectKeys } from "./command.js";

const COMMANDS: readonly CommandKind[] = [
  ...FILE_COMMANDS,
  ...REGISTRY_COMMANDS,
  ...PROCESS_COMMANDS,
  ...MEMORY_COMMANDS,
];

/** The names of the commands that a sensor carries out. */
export function supportedCommands(sensor: SensorRecord): string[] {
  const names = COMMANDS.map(({ name }) => name);
  return names.filter((name) => {
    if (name.startsWith("reg ")) return sensor.os_type === "windows";
    return name !== "memdump" || dumpsMemory(sensor);
  });
}

/** Sensors learned it with 5.1. */
function dumpsMemory({ build_version_string }: SensorRecord): boolean {
  const [major = 0, minor = 0] = build_version_string.split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 1);
}

/** A command as a client asked for it. */
export interface RequestedCommand {
  name: string;
  /** What it is about. */
  subject: string | number | undefined;
  /** What the client sent of it, in the client's words. */
  echo: Record<string, unknown>;
  prepared: PreparedCommand;
}

/** Reads a command; refuses one that does not exist, that this sensor does not know, or that makes no sense. */
export function readCommand(
  body: WriteBody,
  keys: SubjectKeys,
  { sensor, files }: { sensor: SensorRecord; files: SessionFiles },
): RequestedCommand {
  body.require("name");
  const name = body.text("name") ?? "";
  const kind = COMMANDS.find((each) => each.name === name);
  if (kind === undefined) throw new HttpProblem(400, `There is no command ${name.slice(0, 100)}`);
  if (!supportedCommands(sensor).includes(name)) {
    throw new HttpProblem(400, `Command ${name} is not supported by sensor ${sensor.id}`);
  }
  const prepared = kind.prepare(new CommandFields(body, keys), files);
  const echoed = [...new Set(["name", keys.path, keys.pid, ...kind.parameters])].filter((key) => body.has(key));
  const subject = body.value(keys.path) ?? body.value(keys.pid);
  return {
    name,
    subject: typeof subject === "string" || typeof subject === "number" ? subject : undefined,
    echo: Object.fromEntries(echoed.map((key) => [key, body.value(key) ?? null])),
    prepared,
  };
}
