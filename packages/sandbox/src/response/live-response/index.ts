import type { CommandTime, LiveResponseOptions } from "../../live-response/options.js";
import { type LiveEndpoints, LiveSessions } from "../../live-response/sessions.js";
import type { Route } from "../../server/product.js";
import { findSensor } from "../../store/endpoints.js";
import type { ResponseContext } from "../context.js";
import type { Activity } from "../simulation/activity.js";
import { switchEndpoint } from "../simulation/check-ins.js";
import { liveResponseRoutes } from "./routes/index.js";

/** Live Response of an EDR server. */
export interface LiveResponseServer {
  routes: Route[];
  tick: Activity;
  /** All sessions, those of other products included, and the hold by which they are steered. */
  sessions: LiveSessions;
  /** Ends everything; resolves when no file and no program is left. */
  close(): Promise<void>;
}

const SLOTS = 10;

/** Live Response: routes, what happens at ticks, and a hold of both. */
export function createLiveResponse(
  context: ResponseContext,
  options: LiveResponseOptions & CommandTime,
): LiveResponseServer {
  const { behaviour, traits } = context;
  const { machineOf, clock, addFile, liveResponse, seed, onFailure } = options;
  const sessions = new LiveSessions({
    endpoints: endpointsOf(context, machineOf),
    now: () => context.now(),
    ...(clock?.sleep === undefined ? {} : { sleep: clock.sleep.bind(clock) }),
    slots: () => behaviour.liveResponseSlots ?? SLOTS,
    ...(liveResponse === undefined ? {} : { settings: liveResponse }),
    ...(addFile === undefined ? {} : { addFile }),
    ...(seed === undefined ? {} : { seed }),
    ...(onFailure === undefined ? {} : { onFailure }),
  });
  const routes = liveResponseRoutes(
    { sessions, signed: () => behaviour.signedResultCodes === true, withGroup: traits.sessionsNameGroup },
    () => machineOf !== undefined && behaviour.liveResponseEnabled !== false,
  );
  return {
    routes,
    tick: (tick, now) => sessions.tick(tick, now),
    sessions,
    close: () => sessions.close(),
  };
}

function endpointsOf(context: ResponseContext, machineOf: LiveResponseOptions["machineOf"]): LiveEndpoints {
  const { store } = context;
  return {
    find: (sensor) => findSensor(store, sensor),
    ids: () => store.database.all<{ id: number }>("SELECT id FROM sensor ORDER BY id").map(({ id }) => id),
    isOnline: (sensor) => {
      const record = findSensor(store, sensor);
      return record?.online === true && record.state?.uninstalled !== true;
    },
    machine: (sensor) => {
      const machine = machineOf?.(sensor);
      if (machine === undefined) throw new Error(`There is nothing inside the endpoint ${sensor.computer_name}`);
      return machine;
    },
    switchAll: (changes) =>
      store.transaction(() => {
        for (const [sensor, online] of changes) {
          // Of an endpoint without a sensor nothing is heard any more, whatever its schedule.
          if (findSensor(store, sensor)?.state?.uninstalled !== true) switchEndpoint(context, sensor, online);
        }
      }),
  };
}
