import type { EventJoins } from "../response/events/joins.js";
import { decodeEvents, type EventListName } from "../response/events/lists.js";

export const ME = "00000001-0000-0500-01d3-8bc595148226";
export const OTHER = "00000001-0000-01a0-01d3-8bc595148226";
export const MD5 = "5746bd7e255dd6a8afa06f7c42c1ba41";

/** Joins that only tell how they were asked. */
export const joins: EventJoins<string, string, string> = {
  parent: "me",
  binary: (md5, partial) => `binary ${md5} ${JSON.stringify(partial)}`,
  process: (id, partial, suppressed) => `process ${id} ${JSON.stringify(partial)} ${suppressed}`,
};

export const process = {
  id: ME,
  unique_id: `${ME}-01616c6fc9e8`,
  sensor_id: 1,
  process_md5: MD5,
  path: "c:\\windows\\system32\\cmd.exe",
};

export const decode = (lists: Partial<Record<EventListName | "binaries", unknown>>) =>
  decodeEvents(4, { process: { ...process, ...lists }, elapsed: 0.02 }, { joins });

/** The one event of a list, as data without what all events have. */
export const one = (list: EventListName, entry: unknown) => {
  const [event] = decode({ [list]: [entry] }).all();
  const { event_type: _type, sequence: _sequence, ...fields } = event?.toJSON() ?? {};
  return fields;
};

export const reasons = (list: EventListName, ...entries: unknown[]) =>
  decode({ [list]: entries }).problems.map((problem) => problem.reason);
