import type { LiveResponseChanges, LiveResponseSettings } from "./settings.js";
import type { LiveResponseStats } from "./tally.js";

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
    lose: (session) => present().lose(session),
    scheduledOnline: (sensor, tick) => present().scheduledOnline(sensor, tick),
  };
}
