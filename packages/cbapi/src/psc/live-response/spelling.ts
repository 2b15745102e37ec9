import type { LiveResponseDialect } from "../../live-response/dialect.js";
import type { CommandData, ProcessInfo, RegistryValue, SessionId } from "../../live-response/types.js";

type Fields = Readonly<Record<string, unknown>>;

/** What the generations spell differently. */
type Spelling = Pick<
  LiveResponseDialect,
  "subject" | "fileIdOf" | "fileSizeOf" | "sessionGone" | "process" | "registryValue"
>;

/** @internal As the classic generation has it: close to EDR, but for values of the registry. */
export const classicSpelling: Spelling = {
  subject: (object) => ({ object }),
  fileIdOf: ({ file_id }) => idIn(file_id),
  fileSizeOf: () => undefined,
  sessionGone: (text) => /^\s*(Sensor|Session)\b/.test(text) || /"(status|error_code)"\s*:\s*"NOT_FOUND"/.test(text),
  process: (document) => document as unknown as ProcessInfo,
  registryValue: (document) => renamed(document, REGISTRY_NAMES) as unknown as RegistryValue,
};

/** @internal As the current generation has it. */
export const currentSpelling: Spelling = {
  subject: (subject) => (typeof subject === "number" ? { pid: subject } : { path: subject }),
  fileIdOf: (command) => idIn(detailsOf(command)["file_id"]) ?? idIn(command["file_id"]),
  fileSizeOf: (command) => {
    const { count } = detailsOf(command);
    return typeof count === "number" && count > 0 ? count : undefined;
  },
  // A command or a file that is not there is told by the same code, and says nothing of the session.
  sessionGone: (text) => /"error_code"\s*:\s*"NOT_FOUND"/.test(text) && !/\b(command|file)\b/i.test(text),
  process: (document) => renamed(document, PROCESS_NAMES) as unknown as ProcessInfo,
  registryValue: (document) => renamed(document, REGISTRY_NAMES) as unknown as RegistryValue,
};

const PROCESS_NAMES: readonly (readonly [from: string, to: string])[] = [
  ["process_pid", "pid"],
  ["process_path", "path"],
  ["process_cmdline", "command_line"],
  ["process_username", "username"],
  ["parent_pid", "parent"],
];

const REGISTRY_NAMES: typeof PROCESS_NAMES = [
  ["valueName", "value_name"],
  ["valueType", "value_type"],
  ["valueData", "value_data"],
];

/** A document with its fields under the names that all servers share. */
function renamed(document: Fields, names: typeof PROCESS_NAMES): Fields {
  const result: Record<string, unknown> = { ...document };
  for (const [from, to] of names) {
    if (!(from in result)) continue;
    result[to] = result[from];
    delete result[from];
  }
  return result;
}

function detailsOf(command: CommandData): Fields {
  const details = command["file_details"];
  return typeof details === "object" && details !== null ? (details as Fields) : {};
}

function idIn(id: unknown): SessionId | undefined {
  return typeof id === "number" || (typeof id === "string" && id !== "") ? id : undefined;
}
