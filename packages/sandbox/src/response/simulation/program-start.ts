import type { EndpointOptions, ProgramStart } from "../../endpoint/index.js";
import type { LaunchReport } from "./launch.js";
import type { LaunchRequest } from "./launch-request.js";

/** What Live Response starts on an endpoint is a process like any other: the server learns of it, and bans hold. */
export function recordStart(
  launch: (request: LaunchRequest) => LaunchReport,
  { sensorId, path, commandLine, username, md5, parentGuid }: ProgramStart,
): ReturnType<NonNullable<EndpointOptions["onStart"]>> {
  try {
    const report = launch({
      ...{ sensor: sensorId, path, cmdline: commandLine, username },
      ...(md5 === undefined ? {} : { md5 }),
      ...(parentGuid === undefined ? {} : { parent: parentGuid }),
    });
    const isRunning = report.outcome === "started" || report.outcome === "filtered";
    return !isRunning ? "blocked" : { pid: report.pid, guid: report.id };
  } catch (error) {
    // What cannot be told to the server (a command line that is too long, say) still runs on the endpoint.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
