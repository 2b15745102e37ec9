import type { SensorRecord } from "../../domain/index.js";
import type { Store } from "../../store/store.js";
import type { Disk } from "../disk/disk.js";
import type { Software } from "../disk/software.js";
import type { HostFacts } from "../facts.js";
import type { EndpointOptions } from "../options.js";
import type { ProcessTable } from "../processes.js";
import type { Registry } from "../registry/registry.js";

/** An endpoint as the programs that run on it see it. */
export interface ProgramHost {
  readonly sensor: SensorRecord;
  readonly facts: HostFacts;
  readonly store: Store;
  readonly options: EndpointOptions;
  readonly software: Software;
  readonly isWindows: boolean;
  /** Where the sensor itself runs: `C:\Windows\CarbonBlack`. */
  readonly workingDirectory: string;
  readonly files: Disk;
  /** Undefined on systems without one. */
  readonly registry: Registry | undefined;
  readonly table: ProcessTable;
  /** Milliseconds since 1970. */
  now(): number;
}
