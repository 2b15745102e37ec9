import { type Binary, ClientError, ObjectNotFoundError, type Process } from "cbapi/response";
import type { BinaryFinding, SensorFinding } from "./findings.js";

/**
 * Takes the joins of processes. A process may be known in part: its sensor may have been removed, its binary may never
 * have been collected. That is no reason to stop; the finding has a gap there.
 */
export class Joins {
  readonly #notes = new Set<string>();

  /** What could not be read, and why. */
  get notes(): string[] {
    return [...this.#notes];
  }

  async sensor(process: Process): Promise<SensorFinding | null> {
    const sensor = await this.#orNothing(process.sensor, "sensors");
    if (sensor === undefined) return null;
    const group = await this.#orNothing(sensor.group, "sensor groups");
    return { id: sensor.id, hostname: sensor.hostname ?? null, group: group?.name ?? null };
  }

  async binary(process: Process): Promise<BinaryFinding | null> {
    const binary = await this.#orNothing(process.binary, "binaries");
    return binary === undefined ? null : describe(binary);
  }

  /** The binaries of several processes, asked for at once: the client makes one search of that. */
  binaries(processes: readonly Process[]): Promise<(BinaryFinding | null)[]> {
    return Promise.all(processes.map((process) => this.binary(process)));
  }

  async #orNothing<T>(join: PromiseLike<T>, what: string): Promise<T | undefined> {
    try {
      return await join;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      if (error instanceof ClientError && error.status === 403) {
        this.#notes.add(`The token may not read ${what} (403), so they are missing here.`);
        return undefined;
      }
      throw error;
    }
  }
}

function describe(binary: Binary): BinaryFinding {
  const { result, publisher, sign_time } = binary.signing_data;
  return {
    md5: binary.md5sum,
    signed: binary.signed,
    result: result ?? null,
    publisher: publisher ?? null,
    sign_time: sign_time?.toISOString() ?? null,
  };
}
