import type { EndpointProcess, FileEntry } from "../../endpoint/machine.js";
import { type CommandOutput, supportedCommands } from "../../live-response/commands/index.js";
import type { StoredFile } from "../../live-response/files.js";
import type { CommandStatus, LiveCommand } from "../../live-response/live-command.js";
import { resultCode, resultType } from "../../live-response/results.js";
import type { LiveSession } from "../../live-response/session.js";

/** The documents of Carbon Black EDR. Their times are seconds since 1970. */

const STORAGE_DAYS = 7;

/** A session: all of its keys are there from the start, most of them empty until the endpoint has come. */
export function sessionDocument(session: LiveSession, withGroup: boolean): Record<string, unknown> {
  const { id, sensor, status, timeouts, machine, created, files } = session;
  const [adapter] = sensor.interfaces;
  const stored = files.list().reduce((sum, { arrived }) => sum + arrived, 0);
  return {
    id,
    sensor_id: sensor.id,
    status,
    hostname: sensor.computer_name,
    address: machine === undefined || adapter === undefined ? "" : `::ffff:${adapter.ip}`,
    os_version: "",
    current_working_directory: machine?.workingDirectory ?? "",
    drives: machine?.files.drives() ?? [],
    supported_commands: machine === undefined ? [] : supportedCommands(sensor),
    check_in_timeout: timeouts.checkIn,
    session_timeout: timeouts.session,
    sensor_wait_timeout: timeouts.sensorWait,
    storage_size: String(stored),
    storage_ttl: STORAGE_DAYS,
    create_time: created / 1000,
    ...(withGroup ? { group_id: sensor.group_id } : {}),
  };
}

const SPELLINGS: Partial<Record<CommandStatus, string>> = { cancelled: "cancel" };

/** How a command's status is spelt here. */
export const commandStatus = ({ status }: LiveCommand): string => SPELLINGS[status] ?? status;

/** A command with what it was asked for; with its result once it has ended. */
export function commandDocument(session: LiveSession, command: LiveCommand, signed: boolean): Record<string, unknown> {
  const { id, username, created, ended, end, echo, output, prepared } = command;
  return {
    ...echo,
    session_id: session.id,
    id,
    status: commandStatus(command),
    username,
    sensor_id: session.sensor.id,
    create_time: created / 1000,
    ...(prepared.fileId === undefined ? {} : { file_id: prepared.fileId }),
    ...(ended === undefined ? {} : { completion: ended / 1000 }),
    ...(end === undefined
      ? {}
      : { result_desc: end.description, result_type: resultType(end), result_code: resultCode(end, signed) }),
    ...outputDocument(output),
  };
}

function outputDocument({ files, processes, ...rest }: CommandOutput): Record<string, unknown> {
  return {
    ...rest,
    ...(files === undefined ? {} : { files: files.map(entryDocument) }),
    ...(processes === undefined ? {} : { processes: processes.map(processDocument) }),
  };
}

const seconds = (time: number): number => Math.floor(time / 1000);

const entryDocument = (entry: FileEntry): Record<string, unknown> => ({
  ...entry,
  create_time: seconds(entry.create_time),
  last_access_time: seconds(entry.last_access_time),
  last_write_time: seconds(entry.last_write_time),
});

const processDocument = (process: EndpointProcess): Record<string, unknown> => ({
  ...process,
  create_time: seconds(process.create_time),
});

/** A file that is kept for a session. */
export function fileDocument(session: LiveSession, file: StoredFile): Record<string, unknown> {
  return {
    id: file.id,
    session_id: session.id,
    file_name: file.name,
    size: file.size,
    size_uploaded: file.arrived,
    status: file.state === "failed" ? file.error || 1 : 0,
    delete: session.files.find(file.id) === undefined,
  };
}
