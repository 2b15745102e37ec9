import { type Answer, edrServer, type TestServer } from "./edr-server.js";
import { JumpClock } from "./jump-clock.js";

export interface SensorServer extends TestServer {
  readonly clock: JumpClock;
  /** The sensor as the server has it; a test may change it at any time. */
  readonly sensor: Record<string, unknown>;
  /** Bodies of the changes, in order. */
  readonly changes: Record<string, unknown>[];
  /** What the client wrote to its log. */
  readonly log: string[];
}

/** What a server of {@link sensorServer} does besides answering. */
export interface SensorBehaviour {
  readonly version?: string;
  /** How many times the sensor is read before the endpoint does what it was told; never when it is offline. */
  readonly reads?: number;
  readonly sensor?: Record<string, unknown>;
  /** Called with each request for the sensor; what it gives is answered. */
  readonly before?: (method: string) => Answer | undefined | Promise<Answer | undefined>;
  readonly routes?: Parameters<typeof edrServer>[0];
}

/** A server with sensor 3 on it, which takes changes of the six fields only and isolates after some time. */
export async function sensorServer(behaviour: SensorBehaviour = {}): Promise<SensorServer> {
  const { version = "7.5.0.211112.1200", reads = 2, before } = behaviour;
  const clock = new JumpClock();
  const changes: Record<string, unknown>[] = [];
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const sensor: Record<string, unknown> = {
    id: 3,
    computer_name: "WIN-3",
    group_id: 1,
    network_isolation_enabled: false,
    is_isolating: false,
    restart_queued: false,
    uninstall: false,
    notes: null,
    event_log_flush_time: null,
    status: "Online",
    supports_isolation: true,
    ...behaviour.sensor,
  };
  let left = reads;
  const read = () => {
    if (
      sensor["is_isolating"] !== sensor["network_isolation_enabled"] &&
      sensor["status"] === "Online" &&
      left-- <= 0
    ) {
      sensor["is_isolating"] = sensor["network_isolation_enabled"];
      left = reads;
    }
    return { ...sensor };
  };
  const server = await edrServer(
    {
      "/api/v1/sensor/3": async (_, method, body) => {
        const instead = await before?.(method);
        if (instead !== undefined) return instead;
        if (method !== "PUT") return read();
        const change = JSON.parse(body) as Record<string, unknown>;
        changes.push(change);
        left = reads;
        Object.assign(sensor, change);
        return { status: 204, text: "" };
      },
      ...behaviour.routes,
    },
    { clock, version, logger: { debug: write, info: write, warn: write, error: write } },
  );
  return { ...server, clock, sensor, changes, log };
}
