import { setTimeout as sleep } from "node:timers/promises";
import type { CbResponseAPI, LiveResponseSession, Sensor } from "cbapi/response";
import { durationText } from "../draw/amounts.js";
import { CommandError } from "../shown-error.js";
import type { Terminal } from "../terminal.js";
import { safeText } from "../text-safety.js";
import { findSensor } from "./hosts.js";
import { RemotePaths } from "./remote-path.js";

/** Milliseconds between two looks at an endpoint that is offline. */
const LOOK = 5000;
/** Milliseconds that a session may take until it is there, once its endpoint is online. */
const OPENING = 360_000;

/** A session that the shell works in. */
export interface Attachment {
  readonly sensor: Sensor;
  /** The computer's name as it may be printed. */
  readonly hostname: string;
  readonly session: LiveResponseSession;
  readonly paths: RemotePaths;
  /** The working directory, which the endpoint knows nothing of. */
  directory: string;
  previous: string | undefined;
}

export interface AttachOptions {
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  /** Milliseconds to wait for an endpoint that is offline. */
  readonly wait: number;
}

/** Opens a session with an endpoint, which is waited for when it is offline. */
export async function attach(cb: CbResponseAPI, host: string, options: AttachOptions): Promise<Attachment> {
  const { signal, terminal } = options;
  terminal.progress(`Looking for ${host}`);
  try {
    const sensor = await findSensor(cb, host, signal);
    const hostname = safeText(sensor.hostname ?? `sensor ${sensor.id}`);
    await untilOnline(sensor, hostname, options);
    terminal.progress(`Opening a session with ${hostname}`);
    const session = await sensor.lrSession({
      signal,
      timeout: OPENING,
      onWait: () => terminal.progress("All session slots of the server are taken. Waiting for one, Ctrl-C gives up"),
    });
    const paths = new RemotePaths(session.osType === 1 ? "windows" : "posix");
    return { sensor, hostname, session, paths, directory: paths.start(session.drives), previous: undefined };
  } finally {
    terminal.clear();
  }
}

/** Waits for an endpoint that is switched off, and says so. */
async function untilOnline(sensor: Sensor, hostname: string, options: AttachOptions): Promise<void> {
  const { signal, terminal, wait } = options;
  const since = Date.now();
  let said = false;
  for (;;) {
    if (sensor.uninstalled === true) throw new CommandError(`The sensor of ${hostname} is uninstalled.`);
    // What the server calls a sensor that it hears of; other words are reasons why it does not.
    if (/^online$/i.test(sensor.status ?? "Online")) return;
    const left = wait - (Date.now() - since);
    if (left <= 0) {
      throw new CommandError(
        `${hostname} is offline${lastSeen(sensor)}${wait > 0 ? `, and did not come back within ${durationText(wait)}` : ""}.`,
      );
    }
    if (!said) terminal.note(`${hostname} is offline${lastSeen(sensor)}. Waiting for it, Ctrl-C gives up.`);
    said = true;
    const looked = Date.now();
    while (Date.now() - looked < LOOK && Date.now() - since < wait) {
      terminal.progress(countdown(sensor, hostname, wait - (Date.now() - since)));
      await sleep(Math.min(1000, Math.max(1, wait - (Date.now() - since))), undefined, { signal });
    }
    await sensor.refresh({ signal });
  }
}

function lastSeen({ last_checkin_time: time }: Sensor): string {
  return time === undefined ? "" : `, last seen at ${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** How long it may take: until the next check-in that the server expects, and until nobody waits any more. */
function countdown(sensor: Sensor, hostname: string, left: number): string {
  const expected = (sensor.next_checkin_time?.getTime() ?? 0) - Date.now();
  const parts = [
    ...(expected > 0 ? [`check-in expected in ${durationText(expected)}`] : []),
    ...(Number.isFinite(left) ? [`giving up in ${durationText(left)}`] : []),
  ];
  return `Waiting for ${hostname}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
}
