import { intelligenceDepartures } from "./intelligence.js";
import { type Departure, result } from "./kinds.js";

const GUID = "WNEX-0034d5f2-00000ba0-00000000-1d68709850fe521-0000";

/** Where recordings of ThreatHunter are rightly departed from. */
export const threathunterDepartures: readonly Departure[] = [
  ...intelligenceDepartures,
  {
    vector: "threathunter/query-rendering-1",
    step: 6,
    recorded: result({ value: "process_name:a\\\\*b" }),
    accepted: result({ value: "process_name:a\\\\\\*b" }),
    meets: "ThreatHunter fault 13",
    why: "a value stands for itself: what was recorded is a wildcard behind a backslash",
  },
  {
    vector: "threathunter/query-rendering-1",
    step: 15,
    recorded: result({ value: "process_name:True" }),
    accepted: result({ value: "process_name:true" }),
    meets: "ThreatHunter fault 13",
    why: "the recorded client wrote a value as its own language does",
  },
  {
    vector: "threathunter/process-search-invalid",
    step: 2,
    recorded: result({
      error: {
        class: "ApiError",
        message:
          "Invalid query: {'query': 'process_name:(', 'fields': ['*', 'parent_hash', 'parent_name', 'process_cmdline', " +
          "'backend_timestamp', 'device_external_ip', 'device_group', 'device_internal_ip', 'device_os', 'device_policy', " +
          "'process_effective_reputation', 'process_reputation', 'process_start_time', 'ttp'], 'rows': 10000, " +
          "'q': 'process_name:('}: Invalid Query Parameter",
      },
    }),
    accepted: result({
      error: { class: "ApiError", message: "Invalid query: 'process_name:(': 'Invalid Query Parameter'" },
    }),
    meets: "ThreatHunter fault 2",
    why: "the error tells the query, the server's reason and the place, not all that was sent",
  },
  {
    vector: "threathunter/process-tree",
    step: 3,
    recorded: result({ value: { $model: "Tree", id: null } }),
    accepted: result({ value: { $model: "Tree", id: GUID } }),
    meets: "decision: trees are objects",
    why: "a tree is known by the process at its root",
  },
];
