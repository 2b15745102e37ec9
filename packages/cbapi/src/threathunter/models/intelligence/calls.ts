import type { CloudCall } from "../../../psc/routes.js";

/** Where the feeds of an organization are. */
export const FEEDS = "/threathunter/feedmgr/v2/orgs/{org}/feeds";
const MANAGER = "/threathunter/watchlistmgr/v3/orgs/{org}";
/** Where the reports of watchlists are. */
export const REPORTS = `${MANAGER}/reports`;
/** Where watchlists are. */
export const WATCHLISTS = `${MANAGER}/watchlists`;
const OLD_WATCHLISTS = "/threathunter/watchlistmgr/v2/watchlist";

export const FEED_LIST: CloudCall = { call: "Feeds", classic: `GET ${FEEDS}` };
export const FEED_READ: CloudCall = { call: "Feed by id", classic: `GET ${FEEDS}/{id}` };
export const FEED_REPORTS: CloudCall = { call: "Reports of a feed", classic: `GET ${FEEDS}/{feed}/reports` };
export const FEED_REPLACE: CloudCall = { call: "Replace a feed's reports", classic: `POST ${FEEDS}/{feed}/reports` };

const oldList = { instead: `GET ${WATCHLISTS}, which clients with routes: "current" send` };
export const WATCHLIST_LIST: CloudCall = {
  call: "Watchlists",
  classic: `GET ${OLD_WATCHLISTS}`,
  current: `GET ${WATCHLISTS}`,
  retired: oldList,
};
export const WATCHLIST_READ: CloudCall = {
  call: "Watchlist by id",
  classic: `GET ${OLD_WATCHLISTS}/{id}`,
  current: `GET ${WATCHLISTS}/{id}`,
  retired: oldList,
};
export const WATCHLIST_SWITCH: CloudCall = { call: "Alerts or tags on", classic: `PUT ${WATCHLISTS}/{id}/{switch}` };
export const WATCHLIST_UNSWITCH: CloudCall = {
  call: "Alerts or tags off",
  classic: `DELETE ${WATCHLISTS}/{id}/{switch}`,
};

export const REPORT_READ: CloudCall = { call: "Watchlist report by id", classic: `GET ${REPORTS}/{id}` };
export const REPORT_IGNORED: CloudCall = { call: "Is a report ignored", classic: `GET ${REPORTS}/{id}/ignore` };
export const REPORT_IGNORE: CloudCall = { call: "Ignore a report", classic: `PUT ${REPORTS}/{id}/ignore` };
export const REPORT_UNIGNORE: CloudCall = { call: "Heed a report again", classic: `DELETE ${REPORTS}/{id}/ignore` };
export const SEVERITIES: CloudCall = { call: "Severities of one's own", classic: `GET ${REPORTS}/severity` };
export const SEVERITY_READ: CloudCall = { call: "Severity of one's own", classic: `GET ${REPORTS}/{id}/severity` };

const IOC_ROUTE = `${REPORTS}/{report}/iocs/{id}/ignore`;
export const IOC_IGNORED: CloudCall = { call: "Is an IOC ignored", classic: `GET ${IOC_ROUTE}` };
export const IOC_IGNORE: CloudCall = { call: "Ignore an IOC", classic: `PUT ${IOC_ROUTE}` };
export const IOC_UNIGNORE: CloudCall = { call: "Heed an IOC again", classic: `DELETE ${IOC_ROUTE}` };

/** Every call about threat intelligence, and what carries it in either generation. */
export const INTELLIGENCE_CALLS: readonly CloudCall[] = [
  FEED_LIST,
  FEED_READ,
  { call: "Create a feed", classic: `POST ${FEEDS}` },
  { call: "Create a public feed", classic: `POST ${FEEDS}/public` },
  { call: "Change a feed", classic: `PUT ${FEEDS}/{id}/feedinfo` },
  { call: "Delete a feed", classic: `DELETE ${FEEDS}/{id}` },
  FEED_REPORTS,
  FEED_REPLACE,
  { call: "Change a feed's report", classic: `PUT ${FEEDS}/{feed}/reports/{id}` },
  { call: "Delete a feed's report", classic: `DELETE ${FEEDS}/{feed}/reports/{id}` },
  WATCHLIST_LIST,
  WATCHLIST_READ,
  { call: "Create a watchlist", classic: `POST ${WATCHLISTS}` },
  { call: "Change a watchlist", classic: `PUT ${WATCHLISTS}/{id}` },
  { call: "Delete a watchlist", classic: `DELETE ${WATCHLISTS}/{id}` },
  WATCHLIST_SWITCH,
  WATCHLIST_UNSWITCH,
  { call: "Create a watchlist report", classic: `POST ${REPORTS}` },
  REPORT_READ,
  { call: "Change a watchlist report", classic: `PUT ${REPORTS}/{id}` },
  { call: "Delete a watchlist report", classic: `DELETE ${REPORTS}/{id}` },
  REPORT_IGNORED,
  REPORT_IGNORE,
  REPORT_UNIGNORE,
  SEVERITIES,
  SEVERITY_READ,
  { call: "Set a severity of one's own", classic: `PUT ${REPORTS}/{id}/severity` },
  { call: "Remove a severity of one's own", classic: `DELETE ${REPORTS}/{id}/severity` },
  IOC_IGNORED,
  IOC_IGNORE,
  IOC_UNIGNORE,
];
