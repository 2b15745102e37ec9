import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import type { SimulationClock } from "./clock.js";
import type { OrganisationSink } from "./domain/index.js";
import { type EndpointOptions, Machines, type ProgramRequest, type ProgramStart } from "./endpoint/index.js";
import { endpointPresence } from "./endpoint/presence.js";
import { type ImportReport, importSysmon } from "./importer/index.js";
import type { LiveSessions } from "./live-response/sessions.js";
import type { SandboxOptions } from "./options.js";
import { generationOf } from "./organisation/index.js";
import type { PlayableProduct, ProductServer } from "./product-server.js";
import { PLAYABLE_PRODUCTS, versionsOf } from "./products.js";
import { inSlices } from "./steps.js";
import { knownIn, Store } from "./store/index.js";
import type { World, WorldSettings } from "./world.js";

/** The sandbox's own world: a generated organisation in an SQL database, and the products that show it. */
export async function openOwnWorld(
  options: SandboxOptions,
  settings: WorldSettings,
  products = PLAYABLE_PRODUCTS,
): Promise<World> {
  const { file, organisation = "default", importFiles = [] } = options;
  const { seed, clock, fresh, token, signal } = settings;
  const versionOf = versionsOf(options, products);
  if (fresh && file !== undefined) removeDatabase(file);
  const store = openStore(file);
  const played = new Map<PlayableProduct, ProductServer>();
  try {
    const made = store.internal("world");
    const tokenKey = made.get(THIS_ONE)?.token_key ?? createHmac("sha256", token).update(String(seed)).digest("hex");
    const { extraFiles, memorySize } = options;
    const machines = new Machines(store, {
      ...{ seed, now: () => clock.now(), sleep: (time, until) => clock.sleep(time, until) },
      onStart: (start) => startedOn([...played.values()], start),
      onEnd: (end) => {
        for (const server of played.values()) server.programEnded?.(end);
      },
      ...(extraFiles === undefined ? {} : { extraFiles }),
      ...(memorySize === undefined ? {} : { memorySize }),
    });
    const presence = endpointPresence(clock, clock.startTime);
    const prevented = (program: ProgramRequest): boolean =>
      [...played.values()].some((server) => server.prevents?.(program) === true);
    const liveSessions = (): LiveSessions | undefined =>
      [...played.values()].find((server) => server.liveSessions !== undefined)?.liveSessions;
    const parts = { ...settings, options, store, machines, presence, prevented, liveSessions, tokenKey };
    for (const product of products) {
      played.set(product, await product.open({ ...parts, version: versionOf(product) }));
    }
    const servers = [...played.values()];
    if (made.get(THIS_ONE) === undefined) {
      const size = typeof organisation === "string" ? { scale: organisation } : organisation;
      await inSlices(store.loading(generationOf(store, { seed, now: clock.startTime, ...size })), signal);
      for (const each of importFiles) await importInto(store, each, signal);
      for (const server of servers) {
        if (server.detect !== undefined) await inSlices(server.detect(String(seed)), signal);
      }
      // The last write: a file without it was given up on the way.
      made.put(THIS_ONE, { token_key: tokenKey });
      store.flush();
    }
    const quiet = followed(servers, clock);
    return {
      servers,
      // A product is played by the server that it has opened.
      serverOf: <S extends ProductServer>(product: PlayableProduct<S>) => played.get(product) as S | undefined,
      counts: () => ({
        sensors: count(store, "sensor"),
        binaries: count(store, "binary"),
        processes: count(store, "process"),
        documents: count(store, "segment"),
      }),
      importFile: async (each, until) => {
        const report = await importInto(store, each, until);
        for (const server of servers) server.settle?.();
        return report;
      },
      put: async (kind, key, record) => {
        const kinds = [...store.kinds];
        if (!kinds.includes(kind)) {
          throw new RangeError(`No objects of the kind ${kind} are kept: the kinds are ${kinds.sort().join(", ")}`);
        }
        // Whoever is making the first objects of a product would take this one for one of his own.
        for (const server of servers) await server.settled?.()?.catch(() => {});
        store.collection(kind).put(key, record);
      },
      close: async () => {
        quiet();
        for (const server of servers) await server.close?.();
        machines.dispose();
        store.close();
      },
    };
  } catch (error) {
    for (const server of played.values()) await server.close?.();
    store.close();
    throw error;
  }
}

/** Lets what happens by itself happen at each tick, until the function that is returned is called. */
function followed(servers: readonly ProductServer[], clock: SimulationClock): () => void {
  const ends = servers.map(({ product }) => clock.onTick((tick, now) => product.tick?.(tick, now)));
  return () => {
    for (const end of ends) end();
  };
}

/** Servers learn in turn of a program that starts, until one blocks it; the first one that numbers it is believed. */
function startedOn(
  servers: readonly ProductServer[],
  start: ProgramStart,
): ReturnType<NonNullable<EndpointOptions["onStart"]>> {
  let known: ReturnType<typeof startedOn>;
  for (const server of servers) {
    const told = server.programStarted?.(start);
    if (told === "blocked") return told;
    known ??= told;
  }
  return known;
}

/** The key of the one world that a store has. */
const THIS_ONE = 1;

/** Opens the store of a file. One that was not made to its end is made anew. */
function openStore(file: string | undefined): Store {
  if (file === undefined) return Store.open();
  const store = Store.open({ file });
  if (store.isNew || store.internal("world").get(THIS_ONE) !== undefined) return store;
  store.close();
  removeDatabase(file);
  return Store.open({ file });
}

/**
 * Imports a log, all of it or nothing: reading it takes many turns of the event loop, so what it gives waits until the
 * end and goes into the store at once. Hosts that have a sensor keep it.
 */
async function importInto(store: Store, file: string, signal: AbortSignal): Promise<ImportReport> {
  const waiting: ((sink: OrganisationSink) => void)[] = [];
  const collector: OrganisationSink = {
    site: (record) => waiting.push((sink) => sink.site(record)),
    group: (record) => waiting.push((sink) => sink.group(record)),
    sensor: (record) => waiting.push((sink) => sink.sensor(record)),
    binary: (record) => waiting.push((sink) => sink.binary(record)),
    process: (record) => waiting.push((sink) => sink.process(record)),
    object: (kind, key, record) => waiting.push((sink) => sink.object(kind, key, record)),
  };
  const report = await importSysmon(file, collector, { known: knownIn(store), signal });
  store.transaction(() => {
    for (const write of waiting) write(store);
  });
  return report;
}

const count = (store: Store, table: "sensor" | "binary" | "process" | "segment"): number =>
  store.database.count(`SELECT count(*) AS n FROM ${table}`);

/** The database with what SQLite may have left beside it. */
function removeDatabase(file: string): void {
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(file + end, { force: true });
}
