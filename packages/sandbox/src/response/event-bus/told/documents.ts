// Processes and binaries as they stand in events: fewer fields than a search shows, and others where they were just stored.
import type { BinaryRow } from "../../../store/binaries.js";
import type { TagRow } from "../../../store/detection/tags.js";
import type { ProcessRow } from "../../../store/processes.js";
import { binaryDocument } from "../../documents/binary.js";
import { processDocument } from "../../documents/process.js";
import { isoTime } from "../../documents/time.js";
import type { VersionTraits } from "../../version.js";

type Document = Record<string, unknown>;

/** How a document was found: by a search, as it was stored while a watchlist's tag was on it, or by a feed. */
export type Form = "search" | "storage" | "feed";

const PROCESS = [
  ...["id", "unique_id", "process_md5", "process_sha256", "process_name", "path", "cmdline", "process_pid", "start"],
  ...["last_update", "parent_name", "parent_md5", "parent_unique_id", "parent_pid", "group", "host_type", "os_type"],
  ...["username", "modload_count", "filemod_count", "regmod_count", "netconn_count", "childproc_count"],
  ...["crossproc_count", "emet_count", "processblock_count"],
];
/** What is not known of a process by then. */
const OF_SEARCH = ["segment_id", "sensor_id", "hostname", "comms_ip", "interface_ip"];
/** What a stored binary has one of, or as text. */
const SINGLE = ["observed_filename", "endpoint", "group"];
const AS_TEXT = [
  ...["host_count", "orig_mod_len", "copied_mod_len", "is_executable_image", "is_64bit", "cb_version"],
] as const;

export function processInEvent(traits: VersionTraits, row: ProcessRow, tags: readonly TagRow[], form: Form): Document {
  const whole = processDocument(traits, row, tags);
  return {
    ...only(whole, form === "search" ? [...PROCESS, ...OF_SEARCH] : PROCESS),
    ...tagged(whole, tags),
  };
}

export function binaryInEvent(traits: VersionTraits, row: BinaryRow, tags: readonly TagRow[], form: Form): Document {
  const { facet_id: _, watchlists: _hits, ...whole } = binaryDocument(traits, row, tags);
  const document: Document = { ...whole, ...tagged(whole, tags) };
  if (form === "search") return document;
  for (const name of SINGLE) {
    const [first] = document[name] as string[];
    if (first === undefined) delete document[name];
    else document[name] = first;
  }
  if (form === "feed") for (const name of AS_TEXT) document[name] = String(document[name]);
  return document;
}

function only(document: Document, names: readonly string[]): Document {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = document[name];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

/** What feeds say, and when watchlists have found it, each under a name of its own. */
function tagged(document: Document, tags: readonly TagRow[]): Document {
  const alliance = Object.entries(document).filter(([name]) => name.startsWith("alliance_"));
  return { ...Object.fromEntries(alliance), ...watchlistTags(tags) };
}

/** `watchlist_{id}`: when that watchlist has found it. */
export function watchlistTags(tags: readonly TagRow[]): Record<string, string> {
  return Object.fromEntries(
    tags.flatMap(({ name, value }) =>
      name.startsWith("watchlist_") && typeof value === "number" ? [[name, isoTime(value)]] : [],
    ),
  );
}

/** `alliance_score_{feed}`. */
export function feedScores(tags: readonly TagRow[]): Record<string, number> {
  return Object.fromEntries(
    tags.flatMap(({ name, value }) =>
      name.startsWith("alliance_score_") && typeof value === "number" ? [[name, value]] : [],
    ),
  );
}
