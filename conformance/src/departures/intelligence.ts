import { type Departure, result } from "./kinds.js";

const FEED = {
  access: "private",
  category: "c",
  name: "My feed",
  owner: "WNEX",
  provider_url: "https://example.com",
  summary: "s",
};

const REPORT = {
  description: "desc",
  id: "rep-1",
  iocs: { dns: [], ipv4: [], md5: ["00000000000000000000000000000001"] },
  iocs_v2: [{ field: "netconn_ipv4", id: "ioc-1", link: null, match_type: "equality", values: ["8.8.8.8"] }],
  link: "https://example.com/r",
  severity: 5,
  tags: ["a"],
  timestamp: 1598000001,
  title: "Report 1",
  visibility: "visible",
};

const keyEnough = "what is called needs no more than the object's id";

/** Where recordings of feeds, reports and watchlists are rightly departed from. */
export const intelligenceDepartures: readonly Departure[] = [
  {
    vector: "threathunter/feed-create",
    exchange: 0,
    json: { feedinfo: FEED, reports: [] },
    meets: "class of absent values",
    why: "a field that is given as null is left out of a new object",
  },
  {
    vector: "threathunter/feed-create",
    exchange: 1,
    json: { feedinfo: FEED, reports: [REPORT] },
    meets: "class of absent values",
    why: "a field that is given as null is left out of a new object",
  },
  {
    vector: "threathunter/feed-create",
    step: 10,
    recorded: result({ value: false }),
    accepted: result({ value: true }),
    meets: "core 6",
    why: "a new object that was not saved has something to be saved",
  },
  {
    vector: "threathunter/feed-list",
    exchange: 0,
    query: { recorded: ["include_public", "True"], accepted: ["include_public", "true"] },
    meets: "ThreatHunter fault 26",
    why: "servers compare with the word in small letters",
  },
  {
    vector: "threathunter/feed-reports",
    exchange: 0,
    unsent: true,
    meets: "class of connect",
    why: keyEnough,
  },
  {
    vector: "threathunter/feed-update-delete",
    step: 3,
    recorded: result({ value: { name: "Renamed" } }),
    accepted: result({ error: { class: "ApiError", message: "Feed has no field named nonsense" } }),
    without: ["nonsense"],
    meets: "ThreatHunter fault 18",
    why: "a name that is no field is refused, not passed over",
  },
  {
    vector: "threathunter/watchlist-flow",
    exchange: 1,
    unsent: true,
    meets: "class of connect",
    why: keyEnough,
  },
];
