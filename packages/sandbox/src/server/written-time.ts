const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MAIL_TIME = /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (GMT|UTC|[+-]\d{4})$/;
const SERVER_TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * A moment in one of the two forms in which clients write one: `Sun, 21 Nov 2027 10:13:33 GMT`, or
 * `2027-11-21 10:13:33.000000` with or without an offset. Milliseconds since 1970; undefined when it is neither.
 */
export function readWrittenTime(text: string): number | undefined {
  return mailTime(text) ?? serverTime(text);
}

function mailTime(text: string): number | undefined {
  const [, day, month = "", year, hour, minute, second, zone = ""] = MAIL_TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  return timeOf([year, MONTHS.indexOf(month) + 1, day, hour, minute, second], 0, zone);
}

function serverTime(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, fraction = "", zone = ""] = SERVER_TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  return timeOf([year, month, day, hour, minute, second], Number(fraction.padEnd(3, "0").slice(0, 3)), zone);
}

/** Undefined for a day that is in no calendar. */
function timeOf(parts: (string | number | undefined)[], milliseconds: number, zone: string): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const time = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const date = new Date(time);
  const given = [month - 1, day, hour, minute, second].join();
  const read = [date.getUTCMonth(), date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  if (year < 1970 || given !== read.join()) return undefined;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return time;
  return time - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
