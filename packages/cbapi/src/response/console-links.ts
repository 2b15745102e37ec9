import { ApiError } from "../core/errors.js";
import type { Ref } from "../core/model/ref-type.js";
import { maskUrl } from "../core/transport/redact.js";
import type { EdrHost } from "./host.js";
import { Binary } from "./models/binary/binary.js";
import { Alert } from "./models/detection/alert.js";
import { reportKey } from "./models/detection/report-key.js";
import { ThreatReport } from "./models/detection/threat-report.js";
import { Watchlist } from "./models/detection/watchlist.js";
import { Investigation } from "./models/investigation/investigation.js";
import { Process } from "./models/process/process.js";
import { Sensor } from "./models/sensor/sensor.js";
import { formatUniqueId, splitProcessId } from "./process-guid.js";
import type { AlertQuery } from "./queries/alert-query.js";
import type { BinaryQuery } from "./queries/binary-query.js";
import type { ProcessQuery } from "./queries/process-query.js";
import type { ThreatReportQuery } from "./queries/threat-report-query.js";

/**
 * What an address of the console stands for. `kind` tells which it is; `object` is a Ref to one object, or a query, and
 * has requested nothing yet.
 */
export type ConsoleObjectOf<Client> =
  /** `#analyze/<guid>/<segment>` */
  | { readonly kind: "process"; readonly object: Ref<Process> }
  /** `#binary/<md5>` */
  | { readonly kind: "binary"; readonly object: Ref<Binary> }
  /** `#host/<id>` */
  | { readonly kind: "sensor"; readonly object: Ref<Sensor> }
  /** `#watchlist/<id>` */
  | { readonly kind: "watchlist"; readonly object: Ref<Watchlist> }
  /** `#investigation/<id>` */
  | { readonly kind: "investigation"; readonly object: Ref<Investigation> }
  /** `#threat-details/<feed id>/<report id>` */
  | { readonly kind: "threatReport"; readonly object: Ref<ThreatReport> }
  /** `#search/<query string>` */
  | { readonly kind: "processes"; readonly object: ProcessQuery }
  /** `#binaries/<query string>` */
  | { readonly kind: "binaries"; readonly object: BinaryQuery }
  /** `#alerts/<query string>` */
  | { readonly kind: "alerts"; readonly object: AlertQuery }
  /** `#threats/<query string>` */
  | { readonly kind: "threatReports"; readonly object: ThreatReportQuery }
  /** No page, or the one for logging in: the server itself. */
  | { readonly kind: "server"; readonly object: Client };

/** The part of an address behind `#`: the page, and what stands behind its name. */
interface Fragment {
  readonly page: string;
  readonly rest: string;
}

/** A query string may hold slashes, so that all of it counts. */
type Searched = Extract<ConsoleObjectOf<never>, { kind: "processes" | "binaries" | "alerts" | "threatReports" }>;
const searches: Readonly<Record<string, (cb: EdrHost, queryString: string) => Searched>> = {
  search: (cb, text) => ({ kind: "processes", object: searched(cb.select(Process), text) }),
  binaries: (cb, text) => ({ kind: "binaries", object: searched(cb.select(Binary), text) }),
  alerts: (cb, text) => ({ kind: "alerts", object: searched(cb.select(Alert), text) }),
  threats: (cb, text) => ({ kind: "threatReports", object: searched(cb.select(ThreatReport), text) }),
};

/** Pages about one object: how their addresses read, and the object by the parts of the address. */
const objects: Readonly<
  Record<
    string,
    { readonly reads: string; find(cb: EdrHost, id: string, ...more: string[]): ConsoleObjectOf<never> | undefined }
  >
> = {
  analyze: {
    reads: "#analyze/<guid>/<segment>",
    find: (cb, id, segment = "0") => {
      const key = processKey(id, segment);
      return key === undefined ? undefined : { kind: "process", object: cb.select(Process, key) };
    },
  },
  binary: {
    reads: "#binary/<md5>",
    find: (cb, md5) => ({ kind: "binary", object: cb.select(Binary, md5) }),
  },
  host: {
    reads: "#host/<sensor id>",
    find: (cb, id) => ({ kind: "sensor", object: cb.select(Sensor, id) }),
  },
  watchlist: {
    reads: "#watchlist/<id>",
    find: (cb, id) => ({ kind: "watchlist", object: cb.select(Watchlist, id) }),
  },
  investigation: {
    reads: "#investigation/<id>",
    find: (cb, id) => ({ kind: "investigation", object: cb.select(Investigation, id) }),
  },
  "threat-details": {
    reads: "#threat-details/<feed id>/<report id>",
    // Whoever makes a feed names its reports, so that a report's id may hold anything.
    find: (cb, feed, ...report) => {
      const key = report.length === 0 ? undefined : reportKey({ feed_id: feed, id: report.join("/") });
      return key === undefined ? undefined : { kind: "threatReport", object: cb.select(ThreatReport, key) };
    },
  },
};

/**
 * What an address of the console stands for. Requests nothing.
 * @throws ApiError when the address is none of this server's console, or of a page that stands for nothing here
 */
export function objectOfConsole<Client extends EdrHost>(cb: Client, url: string): ConsoleObjectOf<Client> {
  const { page, rest } = fragmentOf(cb, url);
  if (page === "" || page.startsWith("login")) return { kind: "server", object: cb };
  const search = Object.hasOwn(searches, page) ? searches[page] : undefined;
  if (search !== undefined) return search(cb, rest);
  const about = Object.hasOwn(objects, page) ? objects[page] : undefined;
  if (about === undefined) {
    const known = [...Object.keys(objects), ...Object.keys(searches)].map((name) => `#${name}`).join(", ");
    throw new ApiError(`Unknown URL endpoint ${JSON.stringify(page)}. The pages that stand for something: ${known}`);
  }
  // What stands behind the id on a page is how it is looked at.
  const parts = (rest.split("?")[0] ?? "").replace(/\/+$/, "").split("/").map(decoded);
  const [id = "", ...more] = parts;
  const found = id === "" ? undefined : about.find(cb, id, ...more);
  if (found !== undefined) return found;
  throw new ApiError(`Unknown URL endpoint ${JSON.stringify(`${page}/${rest}`)}: the address reads ${about.reads}`);
}

function fragmentOf(cb: EdrHost, text: string): Fragment {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ApiError(`Invalid URL provided: ${JSON.stringify(maskUrl(String(text)))} is no address`, { cause });
  }
  // `origin` leaves a default port out and writes host names in small letters.
  const { origin } = new URL(cb.url);
  if (url.origin !== origin) {
    throw new ApiError(`Invalid URL provided: it is about ${url.origin}, and this client belongs to ${origin}`);
  }
  const [, page = "", rest = ""] = /^#?\/*([^/?]*)[/?]*(.*)$/s.exec(url.hash) ?? [];
  return { page, rest };
}

function searched<Q extends { raw(queryString: string): Q }>(all: Q, queryString: string): Q {
  return queryString === "" ? all : all.raw(queryString);
}

/** The key of a process by its GUID and the number of a segment; 0 stands for no segment in particular. */
function processKey(id: string, segment: string): string | undefined {
  const known = splitProcessId(id);
  if (known === undefined) return undefined;
  const number = Number(segment);
  if (!/^\d+$/.test(segment) || number >= 16 ** 12) return undefined;
  if (number === 0 || known.form === "decimal") return id;
  return formatUniqueId(known.id, number, number > 0xffff_ffff ? 12 : 8);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
