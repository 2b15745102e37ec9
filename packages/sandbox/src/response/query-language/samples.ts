import type { ProcessRecord } from "../../domain/index.js";
import { sampleProcess, sampleSensor } from "../../store/samples.js";
import { Searcher } from "../../store/search.js";
import { Store } from "../../store/store.js";
import { type CompileOptions, compileQuery } from "./compile.js";
import { parseQuery } from "./parser.js";

const NOW = Date.UTC(2026, 0, 5, 9);

/** For tests: the documents that a query finds. */
export function searchIn(store: Store, text: string, options: Partial<CompileOptions> = {}): number[] {
  const query = parseQuery(text);
  const where = compileQuery(query, { target: "process", now: NOW, commandRule: "command", ...options });
  const from = options.target === "binary" ? "binary" : "segment";
  return [...new Searcher(store).documents({ from, where, order: "d.doc" })];
}

/** For tests: two sensors, and these processes with ids counted from 1. */
export function storeOf(...processes: Partial<ProcessRecord>[]): Store {
  const store = Store.open();
  store.indexCommandLines("command");
  store.indexCommandLines("prose");
  store.sensor(sampleSensor());
  store.sensor(sampleSensor({ id: 2, computer_name: "Server-2", group_id: 2, host_type: "server" }));
  store.group({ id: 2, name: "Servers", site_id: 1 });
  processes.forEach((changes, index) => {
    store.process(sampleProcess({ id: `00000001-0000-0000-0000-${String(index + 1).padStart(12, "0")}`, ...changes }));
  });
  return store;
}
