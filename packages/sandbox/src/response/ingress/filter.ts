import type { IngressFilterRecord, OsType, ProcessEvents, SensorRecord } from "../../domain/index.js";
import type { Store } from "../../store/store.js";
import { filteredProcess, type KnownAncestor, keepFilteredProcess } from "./filtered-processes.js";
import { compilePattern, type Matcher, type Patience, type PatternOptions } from "./patterns.js";

/** As much of a process as filters look at. */
export type Filterable = KnownAncestor;
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
export function matchesFilter(
  filter: IngressFilterRecord,
  process: Filterable,
  sensor: FilterScope,
  patience: Patience,
): boolean {
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
  return asked.length > 0 && asked.every(([patterns, text, options]) => matchesAny(patterns, options)(text, patience));
}

/** When a process comes in, and where from. */
export interface Arrival {
  process: Filterable & { id: string };
  sensor: FilterScope;
  now: number;
  /** What is left of the time for patterns. */
  patience: Patience;
}

/**
 * The filter that keeps a process off the server, by its sensor or as it comes in, or that keeps some of its events off
 * (`filter_all_events` false, see {@link withoutFilteredEvents}); undefined when it is taken whole. Counts the hit on every
 * filter that is in force or tracked. To be called once for each process that is started on an endpoint.
 */
export function findIngressFilter(
  store: Store,
  { process, sensor, now, patience }: Arrival,
): IngressFilterRecord | undefined {
  const filters = store.collection("ingress_filter");
  const all = filters.all();
  const ancestors = all.some((filter) => filter.descendant_filtering_level !== 0) ? ancestorsOf(store, process) : [];
  const hits = all.filter((filter) => {
    const level = filter.descendant_filtering_level;
    const generations = [process, ...(level < 0 ? ancestors : ancestors.slice(0, level))];
    return generations.some((each) => matchesFilter(filter, each, sensor, patience));
  });
  for (const filter of hits) {
    if (!filter.enabled && !filter.track_metrics) continue;
    filters.put(filter.id, { ...filter, rate: { value: hitRate(filter, now) + 1 / RATE_SECONDS, at: now } });
  }
  const [first] = hits.filter(isEnforced).sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  if (first?.filter_all_events && first.descendant_filtering_level !== 0) {
    keepFilteredProcess(store, process, now);
  }
  return first;
}

/** By the sensor, which then does not send what it speaks of, or else by the server as it comes in. */
const isEnforced = (filter: IngressFilterRecord): boolean =>
  filter.enabled && (filter.filter_on_server || filter.filter_on_sensor);

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
  patience: Patience,
): ProcessEvents {
  const options = { ignoreCase: os_type === "windows", globs: true };
  const [regmod, modload, filemod, otherFile, netconn, crossproc] = [
    ...[filter.regmod_filters, filter.modload_filters, filter.filemod_filters, filter.non_binary_filemod_filters],
    ...[filter.netconn_filters, filter.crossproc_filters],
  ]
    .map((patterns) => matchesAny(patterns, options))
    .map((matches) => (text: string) => matches(text, patience)) as [Test, Test, Test, Test, Test, Test];
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

type Test = (text: string) => boolean;

/** The type of file of a program or library of Windows. */
const BINARY_FILE = 1;

function matchesAny(patterns: readonly string[], options: PatternOptions): Matcher {
  const matchers = patterns.map((pattern) => compiled(pattern, options));
  return (text, patience) => matchers.some((matches) => matches(text, patience));
}

/** Patterns stay the same for long, and are tried for every process and all its ancestors. */
const kept = new Map<string, Matcher>();
const MOST_KEPT = 10_000;

function compiled(pattern: string, options: PatternOptions): Matcher {
  const key = `${options.ignoreCase}/${options.globs}/${pattern}`;
  let matcher = kept.get(key);
  if (matcher === undefined) {
    matcher = compilePattern(pattern, options);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, matcher);
  }
  return matcher;
}

/** From the parent upwards, those that filters kept out included. */
function ancestorsOf(store: Store, process: Filterable): Filterable[] {
  const ancestors: Filterable[] = [];
  let id = process.parent_id;
  while (id !== undefined && ancestors.length < MOST_GENERATIONS) {
    const ancestor: Filterable | undefined = filteredProcess(store, id) ?? storedProcess(store, id);
    if (ancestor === undefined) break;
    ancestors.push(ancestor);
    id = ancestor.parent_id;
  }
  return ancestors;
}

function storedProcess(store: Store, id: string): Filterable | undefined {
  const row = store.database.first<{ parent_id: string | null; path: string; cmdline: string; md5: string }>(
    "SELECT parent_id, path, cmdline, md5 FROM process WHERE id = ?",
    [id],
  );
  if (row === undefined) return undefined;
  const { parent_id, ...process } = row;
  return { ...process, ...(parent_id === null ? {} : { parent_id }) };
}
