import { setTimeout as sleep } from "node:timers/promises";
import type { LiveResponseSession } from "cbapi/response";
import { durationText } from "../draw/amounts.js";
import type { Endpoint, Endpoints } from "../endpoints/endpoint.js";
import { CommandError } from "../shown-error.js";
import type { Terminal } from "../terminal.js";
import { safeText } from "../text-safety.js";
import { findEndpoint } from "./hosts.js";
import { RemotePaths } from "./remote-path.js";

/** Milliseconds between two looks at an endpoint that is offline. */
const LOOK = 5000;
/** Milliseconds that a session may take until it is there, once its endpoint is online. */
const OPENING = 360_000;

/** A session that the shell works in. */
export interface Attachment {
  readonly endpoint: Endpoint;
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
export async function attach(endpoints: Endpoints, host: string, options: AttachOptions): Promise<Attachment> {
  const { signal, terminal } = options;
  terminal.progress(`Looking for ${host}`);
  try {
    const endpoint = await findEndpoint(endpoints, host, signal);
    const { noun } = endpoints;
    const hostname = safeText(endpoint.hostname ?? `${noun} ${endpoint.id}`);
    await untilOnline(endpoint, hostname, noun, options);
    terminal.progress(`Opening a session with ${hostname}`);
    const session = await endpoint.open({
      signal,
      timeout: OPENING,
      onWait: () => terminal.progress("All session slots of the server are taken. Waiting for one, Ctrl-C gives up"),
    });
    const paths = new RemotePaths(session.osType === 1 ? "windows" : "posix");
    return { endpoint, hostname, session, paths, directory: paths.start(session.drives), previous: undefined };
  } finally {
    terminal.clear();
  }
}

/** Waits for an endpoint that is switched off, and says so. */
async function untilOnline(endpoint: Endpoint, hostname: string, noun: string, options: AttachOptions): Promise<void> {
  const { signal, terminal, wait } = options;
  const since = Date.now();
  let said = false;
  let online = await endpoint.refresh(signal);
  for (;;) {
    if (endpoint.isGone) {
      throw new CommandError(
        `The sensor of ${hostname} is uninstalled${noun === "device" ? `: ${endpoint.status}` : ""}.`,
      );
    }
    if (online) return;
    const left = wait - (Date.now() - since);
    if (left <= 0) {
      throw new CommandError(
        `${hostname} is offline${lastSeen(endpoint)}${wait > 0 ? `, and did not come back within ${durationText(wait)}` : ""}.`,
      );
    }
    if (!said) terminal.note(`${hostname} is offline${lastSeen(endpoint)}. Waiting for it, Ctrl-C gives up.`);
    said = true;
    const looked = Date.now();
    while (Date.now() - looked < LOOK && Date.now() - since < wait) {
      terminal.progress(countdown(endpoint, hostname, wait - (Date.now() - since)));
      await sleep(Math.min(1000, Math.max(1, wait - (Date.now() - since))), undefined, { signal });
    }
    online = await endpoint.refresh(signal);
  }
}

function lastSeen({ lastSeen: time }: Endpoint): string {
  return time === undefined ? "" : `, last seen at ${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** How long it may take: until the next check-in that the server expects, and until nobody waits any more. */
function countdown(endpoint: Endpoint, hostname: string, left: number): string {
  const expected = (endpoint.expected?.getTime() ?? 0) - Date.now();
  const parts = [
    ...(expected > 0 ? [`check-in expected in ${durationText(expected)}`] : []),
    ...(Number.isFinite(left) ? [`giving up in ${durationText(left)}`] : []),
  ];
  return `Waiting for ${hostname}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
}
