import type { SensorRecord } from "../../domain/index.js";
import { zipEntries } from "../../importer/zip.js";
import type { LiveResponseOptions } from "../../live-response/options.js";
import { TinyMachine } from "../../live-response/samples.js";
import type { SandboxOptions } from "../../options.js";
import { Sandbox } from "../../sandbox.js";
import { sampleSensor } from "../../store/samples.js";
import { Store } from "../../store/store.js";
import { createResponseServer, type ResponseBehaviour, type ResponseServer } from "../index.js";
import { type Ask, asker } from "../routes/samples.js";

/** A server with two endpoints, 1 with Windows and 2 with Linux, whose time stands still, and a client. */
export interface LiveServer extends AsyncDisposable {
  sandbox: Sandbox;
  server: ResponseServer;
  ask: Ask;
  store: Store;
  behaviour: ResponseBehaviour;
  machine(sensor: number): TinyMachine;
  /** Opens a session and lets its endpoint come; its number. */
  open(sensor?: number): Promise<number>;
  /** Issues a command and waits for its end. */
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
  run(session: number, command: object): Promise<any>;
}

export const BASE = "/api/v1/cblr/session";

/** Starts such a server; what machines do is {@link TinyMachine}'s business. */
export async function startLive(
  options: LiveResponseOptions & { sandbox?: SandboxOptions; version?: string; sensors?: Partial<SensorRecord>[] } = {},
): Promise<LiveServer> {
  const store = Store.open();
  const { sandbox: sandboxOptions = {}, sensors = [{ id: 1 }, { id: 2, os_type: "linux" }], ...rest } = options;
  for (const sensor of sensors) store.sensor(sampleSensor(sensor));
  const machines = new Map<number, TinyMachine>();
  const machine = (id: number, record = sampleSensor({ id })): TinyMachine => {
    const known = machines.get(id) ?? new TinyMachine(record);
    machines.set(id, known);
    return known;
  };
  let running: Sandbox | undefined;
  const behaviour: ResponseBehaviour = { totalOverestimate: 0, shiftRows: 0 };
  const server = createResponseServer({
    store,
    clock: { now: () => running?.clock.now() ?? Date.UTC(2026, 0, 5, 9) },
    behaviour,
    machineOf: (record) => machine(record.id, record),
    onFailure: (during, error) => running?.requests.addFailure(during, error),
    ...rest,
  });
  const sandbox = await Sandbox.start({ products: [server.product], clock: { running: false }, ...sandboxOptions });
  running = sandbox;
  sandbox.clock.onTick((tick, now) => server.product.tick?.(tick, now));
  const ask = asker(sandbox);
  return {
    ...{ sandbox, server, store, ask, machine, behaviour },
    open: async (sensor = 1) => {
      const { body } = await ask("POST", BASE, { sensor_id: sensor });
      await sandbox.clock.step(1);
      return body.id as number;
    },
    run: async (session, command) => {
      const issued = await ask("POST", `${BASE}/${session}/command`, command);
      if (issued.status !== 200) throw new Error(`${issued.status} ${String(issued.body)}`);
      return (await ask("GET", `${BASE}/${session}/command/${issued.body.id}?wait=true`)).body;
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await sandbox.stop();
      store.close();
    },
  };
}

/** What is in a ZIP archive, by name. */
export async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const read = (from: number, length: number): Promise<Buffer> => Promise.resolve(bytes.subarray(from, from + length));
  const { entries } = await zipEntries({ size: bytes.length, read });
  const files = new Map<string, Buffer>();
  for (const entry of entries) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.bytes()) chunks.push(chunk);
    files.set(entry.name, Buffer.concat(chunks));
  }
  return files;
}
