import { ObjectNotFoundError } from "cbapi";
import { type CbResponseAPI, Sensor } from "cbapi/response";
import { unlessInterrupted } from "../interruption.js";
import type { Endpoint, Endpoints } from "./endpoint.js";

/** The sensors of an EDR server. */
export function edrEndpoints(cb: CbResponseAPI): Endpoints {
  return {
    noun: "sensor",
    fields: ["hostname", "groupid", "ip"],
    liveResponse: cb.liveResponse,
    byId: async (id, signal) => {
      try {
        return endpointOf(await unlessInterrupted(signal, (async () => await cb.select(Sensor, id))()));
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return undefined;
        throw error;
      }
    },
    named: async (name, signal) => {
      // The server minds case, so the usual spellings are tried.
      for (const spelling of new Set([name, name.toUpperCase(), name.toLowerCase()])) {
        const found = await cb.select(Sensor).where({ hostname: spelling }).all({ signal });
        if (found.length > 0) return found.map(endpointOf);
      }
      return [];
    },
    list: async (signal, field, value) => {
      const sensors = cb.select(Sensor);
      const query = field === undefined ? sensors : sensors.where({ [field]: value });
      return (await query.all({ signal })).map(endpointOf);
    },
    some: async (signal, limit) => (await cb.select(Sensor).all({ signal, limit })).map(endpointOf),
  };
}

function endpointOf(sensor: Sensor): Endpoint {
  return {
    id: Number(sensor.id),
    get hostname() {
      return sensor.hostname;
    },
    get names() {
      return [sensor.hostname, sensor.dns_name].filter((name) => name !== undefined);
    },
    get status() {
      return sensor.status;
    },
    get isGone() {
      return sensor.uninstalled === true;
    },
    get lastSeen() {
      return sensor.last_checkin_time;
    },
    get expected() {
      return sensor.next_checkin_time;
    },
    refresh: async (signal) => {
      await sensor.refresh({ signal });
      // What the server calls a sensor that it hears of; other words are reasons why it does not.
      return /^online$/i.test(sensor.status ?? "Online");
    },
    open: (options) => sensor.lrSession(options),
  };
}
