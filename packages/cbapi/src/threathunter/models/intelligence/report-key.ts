import { InvalidObjectError } from "../../../core/errors.js";
import type { Document, Key } from "../../../core/model/document.js";

/** Which report is meant: one of a feed's, or one for watchlists. Two feeds may have reports of one id. */
export interface ReportName {
  /** `undefined` for a watchlist report. */
  readonly feed: string | undefined;
  readonly id: string;
}

/**
 * The key of a report: its id, behind `<feed_id>:` where it belongs to a feed. The rare id of a watchlist report that has
 * a colon in it stands behind one.
 */
export function reportKey(document: Document): string | undefined {
  const { id, feed_id: feed } = document;
  if (typeof id !== "string" || id === "") return undefined;
  return keyOfReport({ id, feed: typeof feed === "string" && feed !== "" ? feed : undefined });
}

export function keyOfReport({ feed, id }: ReportName): string {
  return feed === undefined && !id.includes(":") ? id : `${feed ?? ""}:${id}`;
}

/** @throws InvalidObjectError when it can be no report's key */
export function splitReportKey(key: Key): ReportName {
  const text = typeof key === "string" ? key.trim() : "";
  const colon = text.indexOf(":");
  const id = text.slice(colon + 1);
  if (id === "") {
    throw new InvalidObjectError(
      `${JSON.stringify(key)} is no id of a Report: the id of a watchlist report, or "<feed_id>:<report_id>", is expected`,
    );
  }
  return { feed: colon > 0 ? text.slice(0, colon) : undefined, id };
}
