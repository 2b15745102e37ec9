// Four spellings of a time: `isoTime` for whatever has none of the others, `eventTime` for events that are text, `serverTime`
// for what is kept in the server's own database (sensors, watchlists, bans), `solrTime` for rows of the alert and report indexes.

/** `2019-11-19T12:25:37.190Z`: documents and JSON events. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** `2013-09-19 22:07:07.000`: text events. */
export function eventTime(time: number): string {
  return isoTime(time).slice(0, -1).replace("T", " ");
}

/** `2018-02-06 12:44:33.883000+00:00`: sensors, watchlists, bans; the sandbox's server lives in UTC. */
export function serverTime(time: number): string {
  return `${eventTime(time)}000+00:00`;
}

/** `2021-03-08T15:07:26.79Z`: alerts and threat reports, whose index writes no zeros at the end. */
export function solrTime(time: number): string {
  return isoTime(time).replace(/\.?0+Z$/, "Z");
}
