import { readFlag } from "../../server/parameters.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute } from "../part.js";
import { processFields } from "../processes/fields.js";
import { compileProcessText } from "../processes/search.js";
import { readObject, readText } from "../search/index.js";
import type { Intelligence } from "./intelligence.js";
import { readFeedInfo, readReport, readReports } from "./read.js";
import { type FeedInfo, type FeedRecord, type Report, reportName } from "./record.js";
import { savedQuery, translateQuery } from "./translate.js";

const BASE = "/threathunter/feedmgr/v2/orgs/:org/feeds";
const right = (what: string): string => `org.feeds(${what})`;

/** Feeds and their reports. */
export function feedRoutes(context: CloudContext, intelligence: Intelligence): CloudRoute[] {
  const ok = (body: unknown): SandboxReply => ({ status: 200, body });

  function create(request: SandboxRequest, access: FeedInfo["access"]): SandboxReply {
    const body = readObject(request.json());
    const read = readFeedInfo(body["feedinfo"]);
    const reports = readReports(context, body["reports"]);
    const info: FeedInfo = { ...read, id: intelligence.newId("feed"), owner: context.orgKey, access };
    intelligence.putFeed({ info, reports });
    return ok(info);
  }

  const reportOf = (feed: FeedRecord, { params }: SandboxRequest): Report => {
    const report = feed.reports.find(({ id }) => id === params["report"]);
    if (report === undefined) throw new HttpProblem(404, `Report ${params["report"]} was not found`);
    return report;
  };

  return [
    {
      ...{ method: "GET", path: BASE, needs: right("READ") },
      handle: ({ query }) => {
        const all = readFlag(query, "include_public");
        const feeds = intelligence.feeds.all().map(({ info }) => info);
        return ok({ results: feeds.filter(({ owner }) => all || owner === context.orgKey) });
      },
    },
    { ...{ method: "POST", path: BASE, needs: right("CREATE") }, handle: (request) => create(request, "private") },
    {
      ...{ method: "POST", path: `${BASE}/public`, needs: right("CREATE") },
      handle: (request) => create(request, "public"),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, needs: right("READ") },
      handle: ({ params }) => {
        const { info, reports } = intelligence.feed(params["id"]);
        return ok({ feedinfo: info, reports });
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, needs: right("DELETE") },
      handle: ({ params }) => {
        const { info, reports } = intelligence.ownFeed(params["id"]);
        intelligence.feeds.remove(info.id);
        for (const { id } of reports) intelligence.removeSettings(reportName(info.id, id));
        return { status: 204 };
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/feedinfo`, needs: right("READ") },
      handle: ({ params }) => ok(intelligence.feed(params["id"]).info),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/feedinfo`, needs: right("UPDATE") },
      handle: (request) => {
        const feed = intelligence.ownFeed(request.params["id"]);
        const info = { ...feed.info, ...readFeedInfo(request.json()) };
        intelligence.feeds.put(info.id, { ...feed, info });
        return ok(info);
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/reports`, needs: right("READ") },
      handle: ({ params }) => ok({ results: intelligence.feed(params["id"]).reports }),
    },
    {
      ...{ method: "POST", path: `${BASE}/:id/reports`, needs: right("UPDATE") },
      handle: (request) => {
        const feed = intelligence.ownFeed(request.params["id"]);
        const { reports } = readObject(request.json());
        if (reports === undefined || reports === null)
          throw new HttpProblem(400, "reports is missing: all that the feed is to have");
        intelligence.putFeed({ ...feed, reports: readReports(context, reports) });
        return ok({ success: true });
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/reports/:report`, needs: right("READ") },
      handle: (request) => ok({ report: reportOf(intelligence.feed(request.params["id"]), request) }),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/reports/:report`, needs: right("UPDATE") },
      handle: (request) => {
        const feed = intelligence.ownFeed(request.params["id"]);
        const before = reportOf(feed, request);
        const after = readReport(context, request.json(), "report", before.id);
        if (after.id !== before.id) throw new HttpProblem(400, `report.id is that of the path: ${before.id}`);
        intelligence.putFeed({ ...feed, reports: feed.reports.map((each) => (each === before ? after : each)) });
        return ok(after);
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/reports/:report`, needs: right("DELETE") },
      handle: (request) => {
        const feed = intelligence.ownFeed(request.params["id"]);
        const gone = reportOf(feed, request);
        intelligence.feeds.put(feed.info.id, { ...feed, reports: feed.reports.filter((each) => each !== gone) });
        intelligence.removeSettings(reportName(feed.info.id, gone.id));
        return { status: 204 };
      },
    },
    {
      ...{ method: "POST", path: "/threathunter/feedmgr/v2/query/translate", needs: right("READ") },
      handle: (request) => {
        const text = readText(readObject(request.json())["query"], "query");
        if (text === undefined) throw new HttpProblem(400, "query is missing: what is to be translated");
        const fields = processFields(context);
        const query = translateQuery(savedQuery(text), (name) => fields.has(name));
        compileProcessText(context, query);
        return ok({ query });
      },
    },
  ];
}
