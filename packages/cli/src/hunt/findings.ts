import type { ImportReport } from "@cbapi/sandbox";
import type { FacetValue, QueryReport } from "cbapi/response";

/** What a hunt found, as `--json` prints it and as the terminal shows it. Times are ISO 8601; what is not known is null. */
export interface Findings {
  /** The query text that was sent. */
  query: string;
  /** The server that was asked. */
  server: ServerFinding;
  /** How many processes match; of servers before 6.0, which cannot group, how many segments of processes. */
  matches: number;
  /** The first of them, in detail. */
  processes: MatchFinding[];
  /** The most frequent values of `process_name` for the host and the user of the first match. */
  facets: { process_name: FacetValue[] };
  /** The query text that the facets count; null when nothing matched. */
  facetQuery: string | null;
  /** Requests sent, all of them. */
  requests: number;
  /** The same by what they were for. */
  requestsByKind: Record<string, number>;
  /** How often an object was needed and was known already. */
  cacheHits: number;
  /** Whether all processes that match were read; null when nothing was. */
  report: QueryReport | null;
  /** Why something is missing that could be expected. */
  notes: string[];
  /** What the importer said of each file. */
  import?: ImportReport[];
}

/** The server that was asked. */
export interface ServerFinding {
  kind: "sandbox" | "server";
  url: string;
  version: string;
}

/** A process, as far as the server knows it. */
export interface ProcessFinding {
  id: string;
  process_name: string | null;
  process_pid: number | null;
  path: string | null;
  cmdline: string | null;
  username: string | null;
  start: string | null;
  hostname: string | null;
  process_md5: string | null;
  /** What is known of the program file. */
  binary: BinaryFinding | null;
  /** Whether the server has nothing but what a child tells of it. */
  stub: boolean;
}

/** A process that matches the query, with everything that is joined to it. */
export interface MatchFinding extends ProcessFinding {
  /** The process in the console. */
  webui_link: string | null;
  /** Null when the server no longer has it. */
  sensor: SensorFinding | null;
  /** The nearest first. */
  ancestors: ProcessFinding[];
  /** What finding the ancestors took. */
  walk: WalkFinding;
}

/** The sensor that a process ran on. */
export interface SensorFinding {
  id: number | null;
  hostname: string | null;
  group: string | null;
}

/** The program file of a process. */
export interface BinaryFinding {
  md5: string;
  signed: boolean;
  /** The server's own word: `Signed`, `Unsigned`, `Expired` ... */
  result: string | null;
  publisher: string | null;
  sign_time: string | null;
}

/** How the ancestors were found. */
export interface WalkFinding {
  /** Requests that the walk took; 0 when all ancestors were known from an earlier one. */
  requests: number;
  /** Whether a process turned up among its own ancestors. */
  cycle: boolean;
}
