import { EndpointError } from "../endpoint/machine.js";
import { Random } from "../organisation/random.js";
import type { FaultOutcome, LiveResponseFault } from "./fault-rule.js";
import type { EndpointSystem } from "./results.js";
import type { LiveResponseSettings } from "./settings.js";

/** A command as far as faults look at it. */
export interface FaultSubject {
  sensor: number;
  /**
   * Which session of the sensor this is, of those that came to a command, and which command of the session, both from 1 on.
   */
  session: number;
  command: number;
  name: string;
  object: string;
}

/** Decides what goes wrong. Draws hang on sensor, session and command, not on what happens elsewhere meanwhile. */
export class LiveFaults {
  readonly #settings: () => LiveResponseSettings;
  readonly #seed: number | string;
  #met = new WeakMap<LiveResponseFault, number>();
  readonly #sessions = new Map<number, number>();

  constructor(settings: () => LiveResponseSettings, seed: number | string) {
    this.#settings = settings;
    this.#seed = seed;
  }

  get seed(): number | string {
    return this.#settings().seed ?? this.#seed;
  }

  /** The number of a session that comes to its first command. Those that were given up before must not change the others' lot. */
  nextSession(sensor: number): number {
    const session = (this.#sessions.get(sensor) ?? 0) + 1;
    this.#sessions.set(sensor, session);
    return session;
  }

  /** What goes wrong with a command; undefined when all goes well. Counts it. */
  decide(subject: FaultSubject): FaultOutcome | undefined {
    const { faults, failRate, failCodes, lostRate } = this.#settings();
    for (const fault of faults) if (this.#meets(fault, subject)) return fault.outcome;
    const { sensor, session, command } = subject;
    if (command === 1 && lostRate > 0 && this.#draw(`lost/${sensor}/${session}`).chance(lostRate)) return "lost";
    if (failRate === 0) return undefined;
    const draw = this.#draw(`fail/${sensor}/${session}/${command}`);
    return draw.chance(failRate) ? draw.pick(failCodes) : undefined;
  }

  /** Real milliseconds that a command takes. */
  latency({ sensor, session, command }: FaultSubject): number {
    const { latency } = this.#settings();
    if (typeof latency === "number") return latency;
    const [least, most] = latency;
    return least + this.#draw(`latency/${sensor}/${session}/${command}`).fraction() * (most - least);
  }

  #draw(what: string): Random {
    return new Random(`${this.seed}/live-response/${what}`);
  }

  #meets(fault: LiveResponseFault, subject: FaultSubject): boolean {
    const { command, sensor, object, after = 0, times = Number.POSITIVE_INFINITY } = fault;
    if (command !== undefined && command !== subject.name) return false;
    if (sensor !== undefined && sensor !== subject.sensor) return false;
    if (object !== undefined && object.toLowerCase() !== subject.object.toLowerCase()) return false;
    const met = (this.#met.get(fault) ?? 0) + 1;
    this.#met.set(fault, met);
    return met > after && met <= after + times;
  }
}

/** What other systems say where Windows has these codes. */
const POSIX: ReadonlyMap<number, readonly [errno: number, text: string]> = new Map([
  [2, [2, "No such file or directory"]],
  [3, [2, "No such file or directory"]],
  [5, [13, "Permission denied"]],
  [8, [12, "Cannot allocate memory"]],
  [32, [16, "Device or resource busy"]],
  [80, [17, "File exists"]],
  [87, [3, "No such process"]],
  [112, [28, "No space left on device"]],
  [145, [39, "Directory not empty"]],
  [183, [17, "File exists"]],
  [193, [8, "Exec format error"]],
  [206, [36, "File name too long"]],
  [267, [20, "Not a directory"]],
  [1460, [110, "Connection timed out"]],
]);

/** The refusal of an endpoint that stands for a Windows error code. */
export function errorOf(system: EndpointSystem, code: number): EndpointError {
  if (system === "win32") return new EndpointError(system, code, "");
  const [errno, text] = POSIX.get(code) ?? [5, "Input/output error"];
  return new EndpointError(system, errno, text);
}
