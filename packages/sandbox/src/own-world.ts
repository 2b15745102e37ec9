import { rmSync } from "node:fs";
import { importSysmon } from "./importer/index.js";
import { binaryContent, generateOrganisation } from "./organisation/index.js";
import { createResponseProduct } from "./response/index.js";
import type { SandboxOptions } from "./sandbox.js";
import { Store } from "./store/index.js";
import type { World, WorldSettings } from "./world.js";

/** Endpoints check in every other tick. */
const CHECKIN_TICKS = 2;

/** The sandbox's own world: a generated organisation in an SQL database, and the products that show it. */
export async function openOwnWorld(options: SandboxOptions, settings: WorldSettings): Promise<World> {
  const { file, version, organisation = "default", importFiles = [] } = options;
  const { seed, clock, behaviour, fresh } = settings;
  if (fresh && file !== undefined) removeDatabase(file);
  const store = Store.open(file === undefined ? {} : { file });
  try {
    const counts = (): Record<string, number> => ({
      sensors: count(store, "sensor"),
      binaries: count(store, "binary"),
      processes: count(store, "process"),
      documents: count(store, "segment"),
    });
    if (count(store, "sensor") === 0) {
      const size = typeof organisation === "string" ? { scale: organisation } : organisation;
      store.transaction(() => {
        generateOrganisation(store, { seed, now: clock.startTime, ...size });
      });
    }
    for (const each of importFiles) await importSysmon(each, store);
    const response = createResponseProduct({
      store,
      clock,
      behaviour,
      binaryContent,
      checkinInterval: CHECKIN_TICKS * clock.tickInterval,
      ...(version === undefined ? {} : { version }),
    });
    return {
      products: [response],
      counts,
      importFile: (each) => importSysmon(each, store),
      close: () => store.close(),
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

const count = (store: Store, table: "sensor" | "binary" | "process" | "segment"): number =>
  store.database.count(`SELECT count(*) AS n FROM ${table}`);

/** The database with what SQLite may have left beside it. */
function removeDatabase(file: string): void {
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(file + end, { force: true });
}
