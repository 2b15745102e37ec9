import type { SensorRecord } from "../domain/index.js";
import type { EndpointMachine } from "../endpoint/machine.js";
import type { ExtraFile } from "../endpoint/options.js";
import type { LiveResponseChanges } from "./settings.js";

/** What Live Response needs beside the product that it belongs to. */
export interface LiveResponseOptions {
  /** What is inside an endpoint; without it there is no Live Response. */
  machineOf?: (sensor: SensorRecord) => EndpointMachine | undefined;
  /** Puts a file on an endpoint. Throws a RangeError when there is no such endpoint, or can be no such file. */
  addFile?: (file: ExtraFile) => void;
  /** Settings in force from the start. */
  liveResponse?: LiveResponseChanges;
  /** What faults are drawn from. */
  seed?: number | string;
  /** Receives what goes wrong inside while nobody waits for an answer. */
  onFailure?: (during: string, error: unknown) => void;
}

/** Whose time commands have; that of the real clock when it has no `sleep`. */
export interface CommandTime {
  clock?: { sleep?(milliseconds: number, signal: AbortSignal): Promise<void> };
}
