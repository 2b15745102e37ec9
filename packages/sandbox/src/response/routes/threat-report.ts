import type { FeedRecord } from "../../domain/index.js";
import { sql } from "../../query/index.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { readObject, WriteBody, wrongType } from "../../server/write-body.js";
import { type ReportRow, reportsByDocument } from "../../store/detection/reports.js";
import { ignoreReports } from "../../store/detection/sources.js";
import { answerSearch } from "../answer-search.js";
import type { ResponseContext } from "../context.js";
import { reportRow } from "../documents/threat-report.js";
import { compileSearch, readQuery, runSearch } from "../search.js";
import { SUCCESS } from "../success.js";

const PATH = "/api/v1/threat_report";

const SORT_FIELDS: ReadonlyMap<string, string> = new Map([
  ...["create_time", "update_time", "feed_id", "feed_name", "is_ignored", "score", "has_query"].map(
    (name) => [name, `d.${name}`] as const,
  ),
  ["timestamp", "d.update_time"],
  ["title", "json_extract(d.record, '$.title')"],
  ["id", "d.folded_id"],
  ["report_id", "d.folded_id"],
]);
const TIES = "d.feed_id, d.report_id";

/** Search, and marking reports as ignored. */
export function threatReportRoutes(context: ResponseContext): Route[] {
  return [
    { method: "GET", path: PATH, handle: (request) => ({ status: 200, body: search(context, request) }) },
    {
      method: "POST",
      path: PATH,
      handle: (request) => {
        const body = readObject(request);
        const updates = new WriteBody(body.value("updates"), "updates");
        updates.require("is_ignored");
        const ignored = updates.flag("is_ignored") === true;
        ignoreReports(context.store, chosen(context, body), ignored);
        return SUCCESS;
      },
    },
  ];
}

const SEARCHED = { from: "threat_report", sorts: SORT_FIELDS, usual: "create_time desc", ties: TIES } as const;

function search(context: ResponseContext, request: SandboxRequest): Record<string, unknown> {
  return answerSearch(context, request, SEARCHED, (page) => ({
    results: shownRows(context, reportsByDocument(context.store, page)),
  }));
}

function shownRows(context: ResponseContext, rows: readonly ReportRow[]): Record<string, unknown>[] {
  const feeds = new Map(
    context.store
      .collection("feed")
      .all()
      .map((feed): [number, FeedRecord] => [feed.id, feed]),
  );
  return rows.flatMap((row) => {
    const feed = feeds.get(row.feed_id);
    return feed === undefined ? [] : [reportRow(row, feed)];
  });
}

/** The reports that a request means: by their ids, of which unknown ones are passed over, or by a query. */
function chosen(context: ResponseContext, body: WriteBody): readonly number[] {
  const text = body.text("query");
  const ids = body.value("ids");
  if ((text === undefined) === (ids === undefined)) throw new HttpProblem(400, "Give either ids or query");
  if (text !== undefined) {
    const parameters = new URLSearchParams(text);
    const query = readQuery(parameters);
    if (query.type === "everything") throw new HttpProblem(400, "query must not be empty: it would mean every report");
    const where = compileSearch(context, "threat_report", query, parameters, false);
    return runSearch(context, { from: "threat_report", where, order: TIES });
  }
  if (typeof ids !== "object" || ids === null || Array.isArray(ids)) {
    throw wrongType("ids", 'an object of lists by feed, such as {"18": ["report"]}');
  }
  const lists = Object.entries(ids).map(([feed, list]: [string, unknown]) => {
    const id = readId(feed);
    if (id === undefined) throw wrongType("ids", `an object whose keys are ids of feeds, not ${feed.slice(0, 40)}`);
    return { feed: id, reports: new WriteBody({ [`ids.${feed}`]: list }).texts(`ids.${feed}`) ?? [] };
  });
  if (lists.every(({ reports }) => reports.length === 0))
    throw new HttpProblem(400, "ids must name at least one report");
  return lists.flatMap(({ feed, reports }) => {
    const where = sql`d.feed_id = ${feed} AND d.report_id IN (SELECT value FROM json_each(${JSON.stringify(reports)}))`;
    return runSearch(context, { from: "threat_report", where, order: TIES });
  });
}
