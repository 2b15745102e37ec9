import { ServerError } from "../core/errors.js";
import { t } from "../core/model/fields.js";

/** All sensors of a server in numbers. */
export interface SensorStatistics {
  readonly sensor_count: number | undefined;
  /** Those that checked in within the last 24 hours. */
  readonly active_sensor_count: number | undefined;
  /** Events that wait on endpoints, in bytes. */
  readonly num_eventlog_bytes: number | undefined;
  /** Files that wait on endpoints, in bytes. */
  readonly num_storefile_bytes: number | undefined;
  readonly [name: string]: unknown;
}

/** The server's figures; those that it sends as text are read as numbers. */
export function sensorStatisticsOf(answer: unknown): SensorStatistics {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new ServerError("The statistics of the sensors are no object");
  }
  const figures = answer as Record<string, unknown>;
  const number = (name: string) => t.integer().decode(figures[name] ?? "");
  return {
    ...figures,
    sensor_count: number("sensor_count"),
    active_sensor_count: number("active_sensor_count"),
    num_eventlog_bytes: number("num_eventlog_bytes"),
    num_storefile_bytes: number("num_storefile_bytes"),
  };
}
