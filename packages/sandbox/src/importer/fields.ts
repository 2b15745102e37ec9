/** One event of a Windows log, whichever shipper wrote it down. */
export interface LogEvent {
  eventId: number;
  channel: string;
  provider: string;
  host: string;
  /** When the shipper or the log says that it happened, for events whose data have no time of their own. */
  time: number | undefined;
  /** A field of the event's data as text; undefined when absent, empty, or what Sysmon writes for "nothing". */
  get(name: string): string | undefined;
}

type Json = Record<string, unknown>;

/**
 * Understands three spellings, told for each line by its shape: flat (NXLog: every field at the top), Winlogbeat
 * (`winlog.event_data`, and `event_data` of its older releases), and the event's own XML turned into JSON
 * (`Event.System`, `Event.EventData`). Undefined when it is none of them.
 */
export function readEvent(value: unknown): LogEvent | undefined {
  if (!isObject(value)) return undefined;
  return fromXml(value) ?? fromWinlogbeat(value) ?? fromFlat(value);
}

function fromFlat(line: Json): LogEvent | undefined {
  const eventId = numberOf(line["EventID"] ?? line["EventId"] ?? line["event_id"]);
  if (eventId === undefined) return undefined;
  return event(line, {
    eventId,
    channel: textOf(line["Channel"] ?? line["LogName"]),
    provider: textOf(line["SourceName"] ?? line["ProviderName"] ?? line["Provider"]),
    host: textOf(line["Hostname"] ?? line["Computer"] ?? line["ComputerName"] ?? line["MachineName"]),
    time: timeOf(line["UtcTime"]) ?? timeOf(line["@timestamp"]) ?? timeOf(line["TimeCreated"]),
  });
}

function fromWinlogbeat(line: Json): LogEvent | undefined {
  const nested = isObject(line["winlog"]) ? line["winlog"] : line;
  const data = nested["event_data"];
  const code = isObject(line["event"]) ? line["event"]["code"] : undefined;
  const eventId = numberOf(nested["event_id"] ?? line["event_id"] ?? code);
  if (eventId === undefined || (nested === line && !isObject(data))) return undefined;
  const beat = isObject(line["host"]) ? line["host"]["name"] : undefined;
  return event(isObject(data) ? data : {}, {
    eventId,
    channel: textOf(nested["channel"] ?? line["log_name"]),
    provider: textOf(nested["provider_name"] ?? line["source_name"]),
    host: textOf(nested["computer_name"] ?? line["computer_name"] ?? beat),
    time: timeOf(line["@timestamp"]),
  });
}

function fromXml(line: Json): LogEvent | undefined {
  const whole = isObject(line["Event"]) ? line["Event"] : line;
  const system = whole["System"];
  if (!isObject(system)) return undefined;
  const eventId = numberOf(innerText(system["EventID"]));
  if (eventId === undefined) return undefined;
  return event(dataOf(whole["EventData"] ?? whole["UserData"]), {
    eventId,
    channel: textOf(innerText(system["Channel"])),
    provider: textOf(attribute(system["Provider"], "Name")),
    host: textOf(innerText(system["Computer"])),
    time: timeOf(attribute(system["TimeCreated"], "SystemTime")),
  });
}

/** `EventData` as an object of fields, or as the list of named `Data` elements that it is in XML. */
function dataOf(value: unknown): Json {
  if (!isObject(value)) return {};
  const list = value["Data"];
  const elements = Array.isArray(list) ? list : isObject(list) ? [list] : undefined;
  if (elements === undefined) return value;
  const fields: Json = {};
  for (const element of elements) {
    const name = attribute(element, "Name");
    if (typeof name === "string") fields[name] = innerText(element);
  }
  return fields;
}

/** The converters of XML to JSON name attributes and texts in these ways. */
function attribute(value: unknown, name: string): unknown {
  if (!isObject(value)) return value;
  const inner = value["#attributes"] ?? value["$"] ?? value["_attributes"];
  return value[`@${name}`] ?? value[name] ?? (isObject(inner) ? inner[name] : undefined);
}

function innerText(value: unknown): unknown {
  if (!isObject(value)) return value;
  return value["#text"] ?? value["_"] ?? value["_text"] ?? value["content"] ?? value["Value"];
}

function event(data: Json, head: Omit<LogEvent, "get">): LogEvent {
  return {
    ...head,
    get(name) {
      const value = Object.hasOwn(data, name) ? data[name] : undefined;
      if (typeof value === "number" || typeof value === "boolean") return String(value);
      if (typeof value !== "string") return undefined;
      return value === "" || value === "-" || value === "?" ? undefined : value;
    },
  };
}

/** Whether a value of JSON is an object, no array. */
function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** A whole number in decimal or, as security events write it, `0x` form. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string" || !/^\s*(?:0x[0-9a-f]{1,12}|\d{1,15})\s*$/i.test(value)) return undefined;
  return Number(value);
}

/** `2020-09-20 21:09:08.706` (UTC) and ISO 8601, to milliseconds. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(value.trim());
  if (match === null) return undefined;
  const [, date, clock, fraction = "", zone = "Z"] = match;
  const time = Date.parse(`${date}T${clock}${fraction.slice(0, 4)}${zone}`);
  return Number.isFinite(time) ? time : undefined;
}
