import type { ExtraFile } from "../endpoint/options.js";
import type { LiveResponseChanges, LiveResponseSettings } from "./settings.js";
import type { LiveResponseStats } from "./tally.js";

/** What a file that is put on an endpoint holds: a text, bytes, or so many bytes that are computed when they are read. */
export type AddedContent = string | Uint8Array | { readonly size: number };

/** Live Response as it is steered and looked at from outside. */
export interface LiveResponseControl {
  /** The settings in force. */
  readonly settings: LiveResponseSettings;
  /**
   * Changes settings, null puts one back to its default. Throws a RangeError, and changes nothing, when one makes no sense.
   *
   * ```ts
   * sandbox.liveResponse.configure({ failRate: 0.02, lostRate: 0.01, schedule: { offline: 0.4, period: 40 } });
   * ```
   */
  configure(changes: LiveResponseChanges): LiveResponseSettings;
  /** What has been going on: slots in use, sessions ever opened, the most at a time, and so on. */
  stats(): LiveResponseStats;
  /**
   * Puts a file on an endpoint, by the id or the name of its sensor, in the place of one that is there already; directories on
   * the way are made. It stays until the sandbox is reset, takes up space on the endpoint's disk, and may lie where no user of
   * the endpoint could write. Throws a RangeError when there is no such endpoint, or when there can be no such file on it.
   *
   * ```ts
   * sandbox.liveResponse.addFile("FIN-WS-001", "C:\\Users\\Public\\notes.txt", "to be found");
   * sandbox.liveResponse.addFile(3, "C:\\dump.bin", { size: 2 ** 31 });
   * ```
   */
  addFile(sensor: number | string, path: string, content: AddedContent): void;
  /** Lets a session vanish, as if the server had forgotten it. False when there is no such session. */
  lose(session: number): boolean;
  /** Whether the schedule has an endpoint switched on at a tick of the clock; undefined when it says nothing. */
  scheduledOnline(sensor: number, tick: number): boolean | undefined;
}

/** A hold of whatever `present` gives: a reset puts another one in its place. */
export function steering(present: () => LiveResponseControl): LiveResponseControl {
  return {
    get settings() {
      return present().settings;
    },
    configure: (changes) => present().configure(changes),
    stats: () => present().stats(),
    addFile: (sensor, path, content) => present().addFile(sensor, path, content),
    lose: (session) => present().lose(session),
    scheduledOnline: (sensor, tick) => present().scheduledOnline(sensor, tick),
  };
}

/** What an endpoint is given. Bytes are copied: they stay as they are now. */
export function extraFile(sensor: number | string, path: string, content: AddedContent): ExtraFile {
  if (typeof content === "string") return { sensor, path, content };
  if (content instanceof Uint8Array) return { sensor, path, content: Uint8Array.from(content) };
  return { sensor, path, size: content.size };
}
