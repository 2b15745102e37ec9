import type { EndpointProcess, FileEntry, RegistryValue } from "../../endpoint/machine.js";
import { type CommandOutput, supportedCommands } from "../../live-response/commands/index.js";
import type { StoredFile } from "../../live-response/files.js";
import type { LiveCommand } from "../../live-response/live-command.js";
import { resultCode, resultType } from "../../live-response/results.js";
import type { LiveSession } from "../../live-response/session.js";
import { sessionId } from "./sessions.js";

// The documents of both generations. Times of the classic one are milliseconds since 1970, those of the current one texts;
// times of files and processes are seconds in both.

type Document = Record<string, unknown>;

/** Seconds that commands are said to have. */
const COMMAND_TIMEOUT = 120;

const iso = (time: number): string => new Date(time).toISOString();
const seconds = (time: number): number => Math.floor(time / 1000);

/** What sessions have in common. */
function sessionFields(session: LiveSession): Document {
  const { machine, sensor, timeouts, commands } = session;
  return {
    id: sessionId(session),
    ...{ hostname: null, address: null, os_version: null },
    current_working_directory: machine?.workingDirectory ?? null,
    drives: machine?.files.drives() ?? [],
    supported_commands: machine === undefined ? [] : supportedCommands(sensor),
    check_in_timeout: timeouts.checkIn,
    session_timeout: timeouts.session,
    current_command_index: Math.max(0, ...commands.keys()),
  };
}

const SESSION_STATES: ReadonlyMap<string, string> = new Map([
  ["pending", "PENDING"],
  ["active", "ACTIVE"],
]);

export function classicSession(session: LiveSession): Document {
  const { sensor, created, status, machine } = session;
  return {
    ...sessionFields(session),
    sensor_id: sensor.id,
    status: SESSION_STATES.get(status) ?? "CLOSE",
    create_time: created,
    sensor_check_in_time: machine === undefined ? null : created,
  };
}

export function currentSession(session: LiveSession): Document {
  const { sensor, created, status, machine } = session;
  return {
    ...sessionFields(session),
    device_id: sensor.id,
    status: SESSION_STATES.get(status) ?? "CLOSED",
    create_time: iso(created),
    device_check_in_time: machine === undefined ? null : iso(created),
  };
}

/** How a command ended. */
function endFields({ end }: LiveCommand): Document {
  if (end === undefined) return {};
  return { result_desc: end.description, result_type: resultType(end), result_code: resultCode(end, false) };
}

export function classicCommand(session: LiveSession, command: LiveCommand): Document {
  const { id, status, created, ended, echo, output, prepared } = command;
  const { files, processes, values, value, ...rest } = output;
  return {
    ...echo,
    ...{ id, session_id: sessionId(session), sensor_id: session.sensor.id, status },
    ...{ command_timeout: COMMAND_TIMEOUT, create_time: created },
    ...(prepared.fileId === undefined ? {} : { file_id: prepared.fileId }),
    ...(ended === undefined ? {} : { completion_time: ended }),
    ...endFields(command),
    ...rest,
    ...(files === undefined ? {} : { files: files.map(entryDocument) }),
    ...(processes === undefined ? {} : { processes: processes.map(classicProcess) }),
    ...(values === undefined ? {} : { values: values.map(classicValue) }),
    ...(value === undefined ? {} : { value: classicValue(value) }),
  };
}

export function currentCommand(session: LiveSession, command: LiveCommand): Document {
  const { id, status, created, ended, name, echo } = command;
  return {
    ...{ id, session_id: sessionId(session), device_id: session.sensor.id },
    ...{ name, input: { name, object: command.subject ?? null, ...echo } },
    status: status.toUpperCase(),
    ...{ command_timeout: COMMAND_TIMEOUT, create_time: iso(created) },
    ...(ended === undefined ? {} : { finish_time: iso(ended), completion_time: iso(ended) }),
    ...fileDetails(session, command),
    ...endFields(command),
    ...currentOutput(command.output),
  };
}

/** Where the file of a command is, and how much of it there is. */
function fileDetails(session: LiveSession, { prepared: { fileId }, echo }: LiveCommand): Document {
  if (fileId === undefined) return {};
  const file = session.files.find(fileId);
  const count = file?.state === "complete" ? file.size : 0;
  return { file_details: { offset: echo["offset"] ?? 0, count, file_id: fileId } };
}

/** Lists that a command does not fill are there all the same. */
function currentOutput({ files, processes, values, sub_keys, ...rest }: CommandOutput): Document {
  return {
    ...rest,
    files: files?.map(currentEntry) ?? [],
    values: values ?? [],
    sub_keys: sub_keys ?? [],
    ...(processes === undefined ? {} : { processes: processes.map(currentProcess) }),
  };
}

const entryDocument = (entry: FileEntry): Document => ({
  ...entry,
  create_time: seconds(entry.create_time),
  last_access_time: seconds(entry.last_access_time),
  last_write_time: seconds(entry.last_write_time),
});

function currentEntry({ alt_name, ...entry }: FileEntry): Document {
  return { ...entryDocument(entry), ...(alt_name === undefined ? {} : { alternate_name: alt_name }) };
}

const classicProcess = (process: EndpointProcess): Document => ({
  ...process,
  create_time: seconds(process.create_time),
});

const currentProcess = (process: EndpointProcess): Document => ({
  process_pid: process.pid,
  process_path: process.path,
  process_cmdline: process.command_line,
  process_username: process.username,
  parent_pid: process.parent,
  ...{ parent_guid: process.parent_guid, proc_guid: process.proc_guid, sid: process.sid },
  create_time: seconds(process.create_time),
});

const classicValue = ({ value_name, value_type, value_data }: RegistryValue): Document => ({
  valueName: value_name,
  valueType: value_type,
  valueData: value_data,
});

/** A file that is kept for a session, as the classic generation tells of it. */
export function classicFile(session: LiveSession, file: StoredFile): Document {
  return {
    id: file.id,
    session_id: sessionId(session),
    file_name: file.name,
    size: file.size,
    size_uploaded: file.arrived,
    status: file.state === "failed" ? file.error || 1 : 0,
    delete: session.files.find(file.id) === undefined,
  };
}
