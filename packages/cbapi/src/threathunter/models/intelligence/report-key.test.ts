import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidObjectError } from "../../../core/errors.js";
import { keyOfReport, reportKey, splitReportKey } from "./report-key.js";

describe("the key of a report", () => {
  it("tells the feed and the id, whatever is in the id", () => {
    const feed = fc.option(fc.stringMatching(/^[A-Za-z0-9]{1,22}$/), { nil: undefined });
    // Blanks around a key are cut, as a caller may have copied them.
    const id = fc.string({ minLength: 1 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(feed, id, (feed, id) => {
        expect(splitReportKey(keyOfReport({ feed, id }))).toEqual({ feed, id });
        expect(reportKey({ id, ...(feed === undefined ? {} : { feed_id: feed }) })).toBe(keyOfReport({ feed, id }));
      }),
    );
  });

  it("is the bare id of a watchlist report", () => {
    expect(keyOfReport({ feed: undefined, id: "rep-1" })).toBe("rep-1");
    expect(keyOfReport({ feed: "f", id: "rep-1" })).toBe("f:rep-1");
    expect(splitReportKey(":a:b")).toEqual({ feed: undefined, id: "a:b" });
  });

  it("is refused where there is no id in it", () => {
    for (const key of ["", " ", "feed:", 5]) expect(() => splitReportKey(key)).toThrow(InvalidObjectError);
    expect(reportKey({ feed_id: "f" })).toBeUndefined();
    expect(reportKey({ id: 5 })).toBeUndefined();
  });
});
