import { ObjectNotFoundError } from "cbapi";
import { type CbPSCBaseAPI, Device } from "cbapi/psc";
import { unlessInterrupted } from "../interruption.js";
import type { Endpoint, Endpoints } from "./endpoint.js";

/** Sensors of such devices will not come back. */
const GONE = /^(DEREGISTERED|UNINSTALLED|SENSOR_UNINSTALLED|DELETED)$/i;

/** The devices of Carbon Black Cloud. */
export function cloudEndpoints(cb: CbPSCBaseAPI): Endpoints {
  const endpointOf = (device: Device): Endpoint => makeEndpoint(cb, device);
  const named = async (text: string, signal: AbortSignal): Promise<Endpoint[]> => {
    const found = await cb
      .select(Device)
      .where(`name:*${escaped(text)}*`)
      .all({ signal });
    const wanted = text.toLowerCase();
    return found.map(endpointOf).filter(({ hostname = "" }) => hostname.toLowerCase().includes(wanted));
  };
  return {
    noun: "device",
    fields: ["hostname", "policyid", "ip"],
    liveResponse: cb.liveResponse,
    byId: async (id, signal) => {
      try {
        return endpointOf(await unlessInterrupted(signal, (async () => await cb.select(Device, id))()));
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return undefined;
        throw error;
      }
    },
    named,
    list: async (signal, field, value = "") => {
      const devices = cb.select(Device);
      if (field === "hostname") return named(value, signal);
      const query =
        field === "policyid"
          ? devices.setPolicyIds([Number(value)])
          : field === "ip"
            ? devices.where({ last_internal_ip_address: value })
            : devices;
      return (await query.all({ signal })).map(endpointOf);
    },
    some: async (signal, limit) => (await cb.select(Device).all({ signal, limit })).map(endpointOf),
  };
}

/** Text that means nothing but itself in a query. */
const escaped = (text: string): string => text.replace(/[^\p{L}\p{N}_.]/gu, "\\$&");

function makeEndpoint(cb: CbPSCBaseAPI, device: Device): Endpoint {
  return {
    id: Number(device.id),
    get hostname() {
      return device.name;
    },
    get names() {
      // Of `CORP\PC-1`, people know the second part.
      return device.name === undefined ? [] : [device.name, device.name.slice(device.name.lastIndexOf("\\") + 1)];
    },
    get status() {
      return device.status;
    },
    get isGone() {
      return GONE.test(device.status ?? "");
    },
    get lastSeen() {
      return device.last_contact_time;
    },
    expected: undefined,
    refresh: async (signal) => {
      await device.refresh({ signal });
      return (await cb.liveResponse.findOnline([device.id], { signal })).length > 0;
    },
    open: (options) => device.lrSession(options),
  };
}
