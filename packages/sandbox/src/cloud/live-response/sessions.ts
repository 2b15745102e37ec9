import type { SessionDesk } from "../../live-response/desk.js";
import { isFound, shown } from "../../live-response/locate.js";
import type { LiveSession, SessionTimeouts } from "../../live-response/session.js";
import type { LiveSessions } from "../../live-response/sessions.js";
import { DEFAULT_SETTINGS, type LiveResponseSettings } from "../../live-response/settings.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";

/** Seconds that the Cloud gives a device to check in, and a session to idle. */
const PATIENCE = 900;

/** Live Response as the Cloud offers it, whatever the generation: slots by device, ids that name the device too. */
export class CloudSessions {
  readonly #room: LiveSessions;
  readonly #desk: SessionDesk;

  constructor({ behaviour }: CloudContext, room: LiveSessions) {
    this.#room = room;
    this.#desk = room.addDesk({
      product: "cloud",
      slots: () => behaviour.cloudLiveResponseSlots,
      perEndpoint: true,
    });
  }

  /** Largest upload in bytes. */
  get maxFileSize(): number {
    return this.#room.settings.maxFileSize;
  }

  /** Opens a session with a device. Refuses devices that do not exist, or have no Live Response, and when there is no slot. */
  open(device: number, { user }: SandboxRequest): LiveSession {
    const sensor = this.#room.sensor(device);
    if (sensor === undefined) throw new HttpProblem(404, `Device ${device} not found`);
    if (!sensor.supports_cblr || sensor.state?.uninstalled === true) {
      throw new HttpProblem(400, `Device ${device} does not support Live Response`);
    }
    const session = this.#room.open(sensor, user.username, timeouts(this.#room.settings), this.#desk);
    if (session === undefined) throw new HttpProblem(403, "session limit reached", "SESSION_LIMIT");
    return session;
  }

  /** The session that the path names; one that timed out or was lost is not found any more. */
  locate({ params }: SandboxRequest): LiveSession {
    return this.find(params["session"]);
  }

  find(id: string | undefined): LiveSession {
    const [, number, device] = /^(\d+):(\d+)$/.exec(id ?? "") ?? [];
    const found = number === undefined ? undefined : this.#room.find(readId(number) ?? -1, this.#desk);
    const session = found?.sensor.id === readId(device) ? found : undefined;
    if (session === undefined || !isFound(session)) throw gone(id);
    return session;
  }

  /** The session that the path names, as long as something can be done with it. */
  locateOpen(request: SandboxRequest): LiveSession {
    const session = this.locate(request);
    if (!session.isOpen) throw sessionGone(session);
    return session;
  }
}

/** How sessions are named: by their number and their device. */
export const sessionId = ({ id, sensor }: LiveSession): string => `${id}:${sensor.id}`;

/** The refusal of a session that has ended. */
export const sessionGone = (session: LiveSession): HttpProblem => gone(sessionId(session));

/** What is wrong with a session that is not there; clients know it by its code, not by its words. */
export class SessionNotFound extends HttpProblem {
  constructor(id: string) {
    super(404, `Session ${id} not found`, "NOT_FOUND");
  }
}

const gone = (id: string | undefined): HttpProblem => new SessionNotFound(shown(id));

/** The Cloud's own, but for what the settings say otherwise. */
function timeouts(settings: LiveResponseSettings): Partial<SessionTimeouts> {
  const of = (name: "checkInTimeout" | "sessionTimeout" | "sensorWaitTimeout"): number =>
    settings[name] === DEFAULT_SETTINGS[name] ? PATIENCE : settings[name];
  return { checkIn: of("checkInTimeout"), session: of("sessionTimeout"), sensorWait: of("sensorWaitTimeout") };
}
