import { ObjectNotFoundError } from "cbapi";
import { type CbResponseAPI, Sensor } from "cbapi/response";
import type { FleetServer, Presence } from "./server.js";

/** As many as EDR servers allow unless they are set up otherwise. */
const SLOTS = 10;
/** How many sensors are read at the same time. */
const AT_ONCE = 8;

/** A Carbon Black EDR server, by a client that stays the caller's. */
export function edrServer(cb: CbResponseAPI): FleetServer {
  const { liveResponse } = cb;
  /** Sensors that are known to exist. */
  const known = new Set<number>();
  const isThere = async (target: number, signal: AbortSignal | undefined): Promise<boolean> => {
    if (known.has(target)) return true;
    try {
      await cb.select(Sensor, target, { signal });
      known.add(target);
      return true;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return false;
      throw error;
    }
  };
  return {
    url: cb.url,
    slots: SLOTS,
    look: async (targets, options) => {
      const states = new Map<number, Presence>(targets.map((target) => [target, "offline"]));
      for (const id of await liveResponse.findOnline(targets, options)) {
        known.add(id);
        states.set(id, "online");
      }
      const doubtful = targets.filter((target) => states.get(target) === "offline" && !known.has(target)).values();
      const find = async (): Promise<void> => {
        for (const target of doubtful) if (!(await isThere(target, options.signal))) states.set(target, "absent");
      };
      await Promise.all(Array.from({ length: AT_ONCE }, find));
      return states;
    },
    open: (target, options) => liveResponse.openSession(target, options),
    sessions: async (options) => {
      const sessions = await liveResponse.listSessions(options);
      return sessions.map(({ id, sensor_id }) => ({ id: String(id), target: Number(sensor_id) }));
    },
    close: async (ids, options) => {
      for (const { state, error } of await liveResponse.reap({ ids, ...options })) {
        if (state === "failed") throw error ?? new Error("A session could not be closed");
      }
    },
  };
}
