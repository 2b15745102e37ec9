import type { FilteredProcessRecord, IngressFilterRecord } from "../../administration-records.js";
import type { OsType, ProcessEvents, ProcessRecord, SensorRecord } from "../../domain.js";
import type { Store } from "../../store/store.js";
import { compilePattern, type Matcher, type PatternOptions } from "./patterns.js";

/** As much of a process as filters look at. */
export type Filterable = Pick<ProcessRecord, "path" | "cmdline" | "md5"> & { parent_id?: string };
/** Where it runs. */
export type FilterScope = Pick<SensorRecord, "id" | "group_id" | "os_type">;

const OS_BITS: Record<OsType, number> = { windows: 1, osx: 2, linux: 4 };
/** Nobody has more ancestors than this; what looks like it goes round in circles. */
const MOST_GENERATIONS = 64;
/** The rate of hits is an average over the last quarter of an hour, in which older ones weigh less. */
const RATE_SECONDS = 900;

/**
 * Whether a filter speaks of a process: of its sensor, and by each of the lists (paths, command lines, hashes) that is
 * not empty. A filter without any of the three speaks of no process. Whether it is in force is not asked here.
 */
export function matchesFilter(filter: IngressFilterRecord, process: Filterable, sensor: FilterScope): boolean {
  if ((filter.os_mask & OS_BITS[sensor.os_type]) === 0) return false;
  const { global, group_ids, sensor_ids } = filter;
  if (!global && !group_ids.includes(sensor.group_id) && !sensor_ids.includes(sensor.id)) return false;
  const windows = sensor.os_type === "windows";
  const conditions: [patterns: readonly string[], text: string, options: PatternOptions][] = [
    [filter.path_filters, process.path, { ignoreCase: windows, globs: true }],
    [filter.cmdline_filters, process.cmdline, { ignoreCase: false, globs: false }],
    [filter.md5_filters, process.md5, { ignoreCase: true, globs: false }],
  ];
  const asked = conditions.filter(([patterns]) => patterns.length > 0);
  return asked.length > 0 && asked.every(([patterns, text, options]) => matchesAny(patterns, options)(text));
}

/** When a process comes in, and where from. */
export interface Arrival {
  process: Filterable & { id: string };
  sensor: FilterScope;
  now: number;
}

/**
 * The filter that keeps a process off the server as it comes in, or that keeps some of its events off (`filter_all_events`
 * false, see {@link withoutFilteredEvents}); undefined when it is taken whole. Counts the hit on every filter that is in
 * force or tracked. To be called once for each process that a sensor sends.
 */
export function findIngressFilter(store: Store, { process, sensor, now }: Arrival): IngressFilterRecord | undefined {
  const filters = store.collection("ingress_filter");
  const all = filters.all();
  const ancestors = all.some((filter) => filter.descendant_filtering_level !== 0) ? ancestorsOf(store, process) : [];
  const hits = all.filter((filter) => {
    const level = filter.descendant_filtering_level;
    const generations = [process, ...(level < 0 ? ancestors : ancestors.slice(0, level))];
    return generations.some((each) => matchesFilter(filter, each, sensor));
  });
  for (const filter of hits) {
    if (!filter.enabled && !filter.track_metrics) continue;
    filters.put(filter.id, { ...filter, rate: { value: hitRate(filter, now) + 1 / RATE_SECONDS, at: now } });
  }
  const [first] = hits.filter(isEnforced).sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  if (first?.filter_all_events && first.descendant_filtering_level !== 0) {
    // The store will not know it, but its descendants are to be known by it.
    const { parent_id, path, cmdline, md5 } = process;
    const known = { path, cmdline, md5, ...(parent_id === undefined ? {} : { parent_id }) };
    store.collection("filtered_process").put(process.id, known);
  }
  return first;
}

/** Filters that sensors are to apply are not applied a second time by the server. */
const isEnforced = (filter: IngressFilterRecord): boolean =>
  filter.enabled && filter.filter_on_server && !filter.filter_on_sensor;

/** Hits per second at a moment; what is neither in force nor tracked has none. */
export function hitRate({ rate, enabled, track_metrics }: IngressFilterRecord, now: number): number {
  if (!enabled && !track_metrics) return 0;
  return rate.value * Math.exp(-Math.max(0, now - rate.at) / (RATE_SECONDS * 1000));
}

/** The events of a process that are taken although a filter speaks of it, which has `filter_all_events` false. */
export function withoutFilteredEvents(
  filter: IngressFilterRecord,
  events: ProcessEvents,
  { os_type }: FilterScope,
): ProcessEvents {
  const options = { ignoreCase: os_type === "windows", globs: true };
  const [regmod, modload, filemod, otherFile, netconn, crossproc] = [
    ...[filter.regmod_filters, filter.modload_filters, filter.filemod_filters, filter.non_binary_filemod_filters],
    ...[filter.netconn_filters, filter.crossproc_filters],
  ].map((patterns) => matchesAny(patterns, options)) as [Matcher, Matcher, Matcher, Matcher, Matcher, Matcher];
  const keep = <T>(list: T[] | undefined, filtered: (event: T) => boolean): T[] | undefined =>
    list?.filter((event) => !filtered(event));
  const kept = {
    ...events,
    regmod: keep(events.regmod, ({ path }) => regmod(path)),
    modload: keep(events.modload, ({ path }) => modload(path)),
    filemod: keep(events.filemod, ({ path, filetype }) => (filetype === BINARY_FILE ? filemod : otherFile)(path)),
    netconn: keep(events.netconn, ({ domain, remote_ip }) => netconn(domain) || netconn(remote_ip)),
    crossproc: keep(events.crossproc, ({ path }) => crossproc(path)),
  };
  // A kind of which nothing is left is left out.
  return Object.fromEntries(Object.entries(kept).filter(([, list]) => list !== undefined && list.length > 0));
}

/** The type of file of a program or library of Windows. */
const BINARY_FILE = 1;

function matchesAny(patterns: readonly string[], options: PatternOptions): Matcher {
  const matchers = patterns.map((pattern) => compilePattern(pattern, options));
  return (text) => matchers.some((matches) => matches(text));
}

/** From the parent upwards, those that filters kept out included. */
function ancestorsOf(store: Store, process: Filterable): Filterable[] {
  const filtered = store.collection("filtered_process");
  const ancestors: Filterable[] = [];
  let id = process.parent_id;
  while (id !== undefined && ancestors.length < MOST_GENERATIONS) {
    const ancestor: FilteredProcessRecord | undefined = filtered.get(id) ?? storedProcess(store, id);
    if (ancestor === undefined) break;
    ancestors.push(ancestor);
    id = ancestor.parent_id;
  }
  return ancestors;
}

function storedProcess(store: Store, id: string): FilteredProcessRecord | undefined {
  const row = store.database.first<{ parent_id: string | null; path: string; cmdline: string; md5: string }>(
    "SELECT parent_id, path, cmdline, md5 FROM process WHERE id = ?",
    [id],
  );
  if (row === undefined) return undefined;
  const { parent_id, ...process } = row;
  return { ...process, ...(parent_id === null ? {} : { parent_id }) };
}
