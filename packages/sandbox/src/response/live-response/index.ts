import type { SensorRecord } from "../../domain.js";
import type { EndpointMachine } from "../../endpoint/machine.js";
import type { Route } from "../../server/product.js";
import { findSensor } from "../../store/endpoints.js";
import type { ResponseContext } from "../context.js";
import { switchEndpoint } from "../simulation/check-ins.js";
import type { Activity } from "../simulation/index.js";
import type { LiveResponseControl } from "./control.js";
import { liveResponseRoutes } from "./routes/index.js";
import { type LiveEndpoints, LiveSessions } from "./sessions.js";
import type { LiveResponseChanges } from "./settings.js";

/** What Live Response needs beside the product that it belongs to. */
export interface LiveResponseOptions {
  /** What is inside an endpoint; without it there is no Live Response. */
  machineOf?: (sensor: SensorRecord) => EndpointMachine | undefined;
  /** Settings in force from the start. */
  liveResponse?: LiveResponseChanges;
  /** What faults are drawn from. */
  seed?: number | string;
  /** Receives what goes wrong inside while nobody waits for an answer. */
  onFailure?: (during: string, error: unknown) => void;
}

/** Live Response of an EDR server. */
export interface LiveResponseServer {
  routes: Route[];
  tick: Activity;
  control: LiveResponseControl;
  /** Ends everything; resolves when no file and no program is left. */
  close(): Promise<void>;
}

const SLOTS = 10;

/** Live Response: routes, what happens at ticks, and a hold of both. */
export function createLiveResponse(context: ResponseContext, options: LiveResponseOptions): LiveResponseServer {
  const { behaviour, traits } = context;
  const { machineOf, liveResponse, seed, onFailure } = options;
  const sessions = new LiveSessions({
    endpoints: endpointsOf(context, machineOf),
    now: () => context.now(),
    slots: () => behaviour.liveResponseSlots ?? SLOTS,
    ...(liveResponse === undefined ? {} : { settings: liveResponse }),
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
    control: sessions,
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
