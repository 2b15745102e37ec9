import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { generateOrganisation } from "../organisation/index.js";
import { Store } from "../store/store.js";
import { EndpointError, type EndpointMachine } from "./machine.js";
import { Machines } from "./machines.js";
import type { EndpointOptions } from "./options.js";

export const NOW = Date.UTC(2026, 0, 5, 9);

/** Sensors of the organisation below. */
export const HOST = { guide: 3, victim: 6, files: 7, database: 8, linux: 10, mac: 12 } as const;

/** Twelve endpoints, one of every role. */
export function smallCompany(): Store {
  const store = Store.open();
  store.transaction(() => generateOrganisation(store, { hosts: 12, processes: 900, binaries: 250, now: NOW }));
  return store;
}

export const machinesOf = (store: Store, options: EndpointOptions = {}): Machines =>
  new Machines(store, { now: () => NOW, ...options });

export function machineOf(machines: Machines, sensor: number): EndpointMachine {
  const machine = machines.get(sensor);
  if (machine === undefined) throw new Error(`no machine ${sensor}`);
  return machine;
}

/** The code with which an endpoint refuses something; undefined when it does not. */
export function codeOf(work: () => unknown): number | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof EndpointError) return error.code;
    throw error;
  }
}

/** {@link codeOf} for what takes time. */
export async function laterCodeOf(work: () => Promise<unknown>): Promise<number | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof EndpointError) return error.code;
    throw error;
  }
}

export async function bytesOf(content: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const textOf = async (machine: EndpointMachine, path: string): Promise<string> =>
  (await bytesOf(machine.files.read(path))).toString("utf8");

export const write = (machine: EndpointMachine, path: string, text: string | Uint8Array): Promise<void> =>
  machine.files.write(path, Readable.from([Buffer.from(text)]));

/** Runs a command line to its end: what it wrote, with plain line ends, and its exit code. */
export async function run(
  machine: EndpointMachine,
  line: string,
  workingDirectory?: string,
): Promise<[string, number]> {
  const program = machine.processes.start(line, workingDirectory === undefined ? {} : { workingDirectory });
  const code = await program.ended;
  return [program.output().toString("utf8").replaceAll("\r\n", "\n"), code];
}

/** What runs without an end has begun after these turns, and has given way to whoever waits here. */
export async function othersHaveTheirTurn(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}
