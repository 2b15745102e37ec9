import type { BinaryRecord, ProcessEvents } from "../domain/index.js";

/**
 * The events of both, those that stand in both only once. The same event can happen twice in a moment: then it stands as
 * often as in the one that has it more often.
 */
export function joinEvents(stored: ProcessEvents, told: ProcessEvents): ProcessEvents {
  const joined: Record<string, { time: number }[]> = {};
  for (const kind of new Set([...Object.keys(stored), ...Object.keys(told)])) {
    const list = joinLists(stored[kind as keyof ProcessEvents] ?? [], told[kind as keyof ProcessEvents] ?? []);
    if (list.length > 0) joined[kind] = list;
  }
  return joined as ProcessEvents;
}

function joinLists(stored: readonly { time: number }[], told: readonly { time: number }[]): { time: number }[] {
  if (stored.length === 0) return [...told];
  const joined = [...stored];
  /** Places in `joined` of the stored events that no told one has been recognised as. */
  const open = new Map<string, number[]>();
  stored.forEach((event, place) => {
    const key = identity(event);
    const places = open.get(key);
    if (places === undefined) open.set(key, [place]);
    else places.push(place);
  });
  for (const event of told) {
    const place = open.get(identity(event))?.shift();
    if (place === undefined) joined.push(event);
    // One of the two logs may hold the DNS query that the name of an address is known from.
    else if ("domain" in event && event.domain !== "") joined[place] = event;
  }
  return joined.sort((a, b) => a.time - b.time);
}

function identity(event: object): string {
  const fields = Object.entries(event).filter(([name]) => name !== "domain" && name !== "segment");
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A binary of which more is told: what is known stands, what was open is filled. */
export function completeBinary(known: BinaryRecord, more: BinaryRecord): BinaryRecord {
  const checked = known.digsig_result === "(Unknown)" ? more : known;
  return {
    ...more,
    ...known,
    sha256: known.sha256 || more.sha256,
    observed_filename: [...new Set([...known.observed_filename, ...more.observed_filename])],
    server_added_timestamp: Math.min(known.server_added_timestamp, more.server_added_timestamp),
    last_seen: Math.max(known.last_seen, more.last_seen),
    digsig_result: checked.digsig_result,
    ...(checked.digsig_publisher === undefined ? {} : { digsig_publisher: checked.digsig_publisher }),
  };
}
