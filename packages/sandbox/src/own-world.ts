import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { OrganisationSink } from "./domain/index.js";
import { type EndpointOptions, Machines, type ProgramStart } from "./endpoint/index.js";
import { type ImportReport, importSysmon } from "./importer/index.js";
import type { SandboxOptions } from "./options.js";
import { binaryContent, binaryIcon, generationOf } from "./organisation/index.js";
import { CHECKIN_TICKS, createResponseServer, DEFAULT_RESPONSE_VERSION } from "./response/index.js";
import { inSlices } from "./steps.js";
import { knownIn, Store } from "./store/index.js";
import type { World, WorldSettings } from "./world.js";

/** The sandbox's own world: a generated organisation in an SQL database, and the products that show it. */
export async function openOwnWorld(options: SandboxOptions, settings: WorldSettings): Promise<World> {
  const {
    file,
    version = DEFAULT_RESPONSE_VERSION,
    organisation = "default",
    importFiles = [],
    stateDirectory,
  } = options;
  const { seed, clock, behaviour, fresh, token, tokens, url, signal, onFailure } = settings;
  if (fresh && file !== undefined) removeDatabase(file);
  const store = openStore(file);
  try {
    const made = store.collection("world");
    const tokenKey = made.get(THIS_ONE)?.token_key ?? createHmac("sha256", token).update(String(seed)).digest("hex");
    const { extraFiles, memorySize } = options;
    const machines = new Machines(store, {
      ...{ seed, now: () => clock.now(), sleep: (time, until) => clock.sleep(time, until) },
      onStart: (start) => recordStart(response.launch, start),
      ...(extraFiles === undefined ? {} : { extraFiles }),
      ...(memorySize === undefined ? {} : { memorySize }),
    });
    const response = createResponseServer({
      store,
      clock,
      behaviour,
      binaryContent,
      binaryIcon,
      sensorServer: url,
      ...(stateDirectory === undefined ? {} : { feedFolder: join(stateDirectory, "feeds") }),
      checkinInterval: () => CHECKIN_TICKS * clock.tickInterval,
      version,
      tokenOwners: tokens,
      tokenKey,
      machineOf: ({ id }) => machines.get(id),
      addFile: (extra) => machines.addFile(extra),
      ...{ seed, onFailure },
      ...(options.liveResponse === undefined ? {} : { liveResponse: options.liveResponse }),
    });
    if (made.get(THIS_ONE) === undefined) {
      const size = typeof organisation === "string" ? { scale: organisation } : organisation;
      await inSlices(store.loading(generationOf(store, { seed, now: clock.startTime, ...size })), signal);
      for (const each of importFiles) await importInto(store, each, signal);
      await inSlices(response.detect(String(seed)), signal);
      // The last write: a file without it was given up on the way.
      made.put(THIS_ONE, { token_key: tokenKey });
      store.flush();
    }
    const quiet = clock.onTick((tick, now) => response.product.tick?.(tick, now));
    return {
      products: [response.product],
      version,
      counts: () => ({
        sensors: count(store, "sensor"),
        binaries: count(store, "binary"),
        processes: count(store, "process"),
        documents: count(store, "segment"),
      }),
      importFile: async (each, until) => {
        const report = await importInto(store, each, until);
        response.settle();
        return report;
      },
      launch: response.launch,
      put: (kind, key, record) => {
        const kinds = [...store.kinds].filter((each) => each !== "world");
        if (!kinds.includes(kind)) {
          throw new RangeError(`No objects of the kind ${kind} are kept: the kinds are ${kinds.sort().join(", ")}`);
        }
        store.collection(kind).put(key, record);
      },
      setOnline: response.setOnline,
      liveResponse: response.liveResponse,
      secrets: () => response.secrets(),
      release: () => void response.close().catch(() => {}),
      close: async () => {
        quiet();
        await response.close();
        machines.dispose();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** What Live Response starts on an endpoint is a process like any other: the server learns of it, and bans hold. */
function recordStart(
  launch: World["launch"],
  start: ProgramStart,
): ReturnType<NonNullable<EndpointOptions["onStart"]>> {
  const { sensorId, path, commandLine, username, md5, parentGuid } = start;
  try {
    const report = launch({
      ...{ sensor: sensorId, path, cmdline: commandLine, username },
      ...(md5 === undefined ? {} : { md5 }),
      ...(parentGuid === undefined ? {} : { parent: parentGuid }),
    });
    return report.outcome === "blocked" ? "blocked" : { pid: report.pid, guid: report.id };
  } catch (error) {
    // What cannot be told to the server (a command line that is too long, say) still runs on the endpoint.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The key of the one world that a store has. */
const THIS_ONE = 1;

/** Opens the store of a file. One that was not made to its end is made anew. */
function openStore(file: string | undefined): Store {
  if (file === undefined) return Store.open();
  const store = Store.open({ file });
  if (store.isNew || store.collection("world").get(THIS_ONE) !== undefined) return store;
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
