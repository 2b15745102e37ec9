import { isIPv4, isIPv6 } from "node:net";
import type { FeedDocument, PublishedReport, ReportIocs } from "../../domain/index.js";
import { HttpProblem } from "../../server/product.js";
import { inPlace, LONGEST_NAME, LONGEST_TEXT, WriteBody } from "../../server/write-body.js";
import type { ResponseContext } from "../context.js";
import { checkSaved, readIndexType } from "../saved-query.js";

const MOST_REPORTS = 100_000;
/** How many characters the id of a report may have. */
const LONGEST_ID = 1024;

/** What each list of indicators may hold. */
const FORMS: Record<Exclude<keyof ReportIocs, "query">, (text: string) => boolean> = {
  md5: (text) => /^[0-9a-f]{32}$/i.test(text),
  sha256: (text) => /^[0-9a-f]{64}$/i.test(text),
  ipv4: (text) => isIPv4(text),
  ipv6: (text) => isIPv6(text),
  dns: (text) => /^[^\s/:]+$/.test(text) && text.length <= 253,
};

/** Reads what a feed's address led to. What is no feed is refused with the place of the mistake. */
export function readFeedDocument(context: ResponseContext, value: unknown): FeedDocument {
  const document = new WriteBody(value, "The feed");
  document.require("feedinfo", "reports");
  const info = new WriteBody(document.value("feedinfo"), "feedinfo");
  info.require("name", "display_name", "provider_url", "summary", "tech_data");
  const name = info.text("name") ?? "";
  if (!/^\w{1,64}$/.test(name)) {
    throw new HttpProblem(400, "feedinfo.name must consist of letters, digits and underscores");
  }
  const reports = document.list("reports") ?? [];
  if (reports.length > MOST_REPORTS) throw new HttpProblem(400, `A feed has ${MOST_REPORTS} reports at most`);
  const seen = new Set<string>();
  const optional = ["category", "icon", "icon_small"] as const;
  return {
    feedinfo: {
      name,
      display_name: info.text("display_name", LONGEST_NAME) ?? "",
      provider_url: info.text("provider_url") ?? "",
      summary: info.text("summary") ?? "",
      tech_data: info.text("tech_data") ?? "",
      ...Object.fromEntries(optional.flatMap((field) => entry(field, info.text(field)))),
      ...Object.fromEntries(entry("provider_rating", readRating(info))),
    },
    reports: reports.map((each, index) => {
      const report = inPlace(`reports[${index}]`, () => readReport(context, each, `reports[${index}]`));
      if (seen.has(report.id)) throw new HttpProblem(400, `reports[${index}]: the id ${report.id} is there twice`);
      seen.add(report.id);
      return report;
    }),
  };
}

const entry = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]]);

function readRating(info: WriteBody): number | undefined {
  const rating = info.value("provider_rating");
  if (rating !== undefined && typeof rating !== "number") {
    throw new HttpProblem(400, "feedinfo.provider_rating must be a number");
  }
  return rating;
}

function readReport(context: ResponseContext, value: unknown, place: string): PublishedReport {
  const report = new WriteBody(value, "it");
  report.require("id", "title", "link", "timestamp", "score", "iocs");
  const id = report.text("id") ?? "";
  // It is a part of paths. A colon may be in it: clients that write `<feed>:<report>` have a form for that.
  if (id === "" || id.length > LONGEST_ID || /[\p{Cc}\p{Cs}]/u.test(id)) {
    throw new HttpProblem(400, `id must be 1 to ${LONGEST_ID} characters, none of which is a control character`);
  }
  const description = report.text("description", LONGEST_TEXT);
  const tags = report.texts("tags");
  return {
    id,
    title: report.text("title", LONGEST_TEXT) ?? "",
    link: report.text("link") ?? "",
    timestamp: report.integer("timestamp", 0, 253_402_300_799) ?? 0,
    score: report.integer("score", -100, 100) ?? 0,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
    iocs: inPlace(`iocs of ${place}`, () => readIocs(context, new WriteBody(report.value("iocs"), "iocs"))),
  };
}

function readIocs(context: ResponseContext, iocs: WriteBody): ReportIocs {
  const lists = (Object.keys(FORMS) as (keyof typeof FORMS)[]).flatMap((kind) => {
    const texts = iocs.texts(kind) ?? [];
    const wrong = texts.find((text) => !FORMS[kind](text));
    if (wrong !== undefined) throw new HttpProblem(400, `${kind} holds ${wrong}`);
    return texts.length === 0 ? [] : [[kind, texts] as const];
  });
  const query = iocs.value("query");
  if (query === undefined) return Object.fromEntries(lists);
  if (lists.length > 0) throw new HttpProblem(400, "a query stands by itself, without other indicators");
  // In feeds it stands in a list like the others.
  const entries = Array.isArray(query) ? (query as unknown[]) : [query];
  if (entries.length !== 1) throw new HttpProblem(400, "there is one query to a report");
  return {
    query: entries.map((each) => {
      const fields = new WriteBody(each, "query");
      fields.require("index_type", "search_query");
      const index_type = readIndexType(fields.text("index_type") ?? "");
      const search_query = fields.text("search_query", LONGEST_TEXT) ?? "";
      checkSaved(context, index_type, search_query);
      return { index_type, search_query };
    }),
  };
}
