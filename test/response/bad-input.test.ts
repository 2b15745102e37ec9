// Bad input: one clear error each, and nothing sent that should not be.
import {
  Alert,
  ApiError,
  BannedHash,
  Binary,
  CbApiError,
  IngressFilter,
  InvalidHashError,
  InvalidObjectError,
  ObjectNotFoundError,
  Process,
  QuerySyntaxError,
  Sensor,
  SensorGroup,
  ThreatReport,
  User,
  Watchlist,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, other, sandbox, useSandbox } from "../support/given.js";
import { requested } from "../support/sandbox.js";

useSandbox();

describe("refused before anything is sent", () => {
  it.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    [
      "an unknown field in a terms object",
      () => cb.select(Process).where({ proces_name: "x" } as never),
      ApiError,
      /proces_name.*process_name/s,
    ],
    [
      "an unknown field in the terms of an alert query",
      () => cb.select(Alert).where({ state: "Resolved" } as never),
      ApiError,
      /state/,
    ],
    [
      "a condition on a field that sensors are not searched by",
      () => cb.select(Sensor).where("name:x"),
      ApiError,
      /ip, hostname, groupid/,
    ],
    ["a malformed hash to select by", () => cb.select(Binary, "not a hash"), InvalidHashError, /not a hash/],
    ["a malformed hash to ban", () => cb.create(BannedHash, { md5hash: "123" }).save(), InvalidHashError, /123/],
    [
      "a hash with other letters",
      () => cb.create(BannedHash, { md5hash: "Z".repeat(32) }).save(),
      InvalidHashError,
      /ZZZ/,
    ],
    ["a malformed GUID", async () => cb.select(Process, "no-guid"), ApiError, /no-guid/],
    ["an id that is no number", async () => cb.select(Sensor, "three"), InvalidObjectError, /three/],
    ["a report id without its feed", async () => cb.select(ThreatReport, "77"), ApiError, /<feed_id>:<report_id>/],
    [
      "a watchlist without a query",
      () => cb.create(Watchlist, { name: "w", index_type: "events" }).save(),
      InvalidObjectError,
      /\[search_query\]/,
    ],
    [
      "a group without its server",
      () => cb.create(SensorGroup, { name: "g", site_id: 1 }).save(),
      InvalidObjectError,
      /\[sensorbackend_server\]/,
    ],
    [
      "a user without an address",
      () => cb.create(User, { username: "u", first_name: "a", last_name: "b", teams: [], global_admin: false }).save(),
      InvalidObjectError,
      /\[email\]/,
    ],
    [
      "a filter without an id",
      () => cb.create(IngressFilter, { name: "f", description: "d" }).save(),
      InvalidObjectError,
      /id/,
    ],
    ["an unknown field of a new object", () => cb.create(Watchlist, { naem: "w" } as never), ApiError, /naem/],
    [
      "a value of the wrong type",
      () => cb.create(Watchlist, { enabled: "yes" as never }),
      InvalidObjectError,
      /enabled.*true or false/,
    ],
    ["a new object of a kind that the server makes itself", () => cb.create(Sensor), ApiError, /Sensor/],
    [
      "a status that alerts do not have",
      () =>
        cb
          .select(Alert)
          .where("status:Unresolved")
          .changeStatus("Done" as never),
      ApiError,
      /Done/,
    ],
    ["a page that the console does not have", () => cb.fromUi(`${cb.url}/#/nowhere/1`), ApiError, /Unknown URL/],
    ["a console of another server", () => cb.fromUi("https://elsewhere.example/#/host/1"), ApiError, /Invalid URL/],
    ["a half-open slice", () => cb.select(Process).slice(0.5), CbApiError, /whole numbers/],
  ])("%s", async (_, call, kind, message) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
    expect(requested(sandbox)).toEqual([]);
  });
});

describe("an object that cannot be saved", () => {
  it("has no save, and refuses assignments", async () => {
    const proc = await cb.select(Process).where("process_name:cmd.exe").first();
    const binary = await cb.select(Binary, "08D1631FAF39538A133D94585644D5A8");
    sandbox.requests.clear();
    for (const object of [proc, binary]) {
      expect(object !== undefined && "save" in object).toBe(false);
      expect(await errorOf(() => Object.assign(object ?? {}, { os_type: "other" }))).toBeInstanceOf(ApiError);
    }
    const mistyped = cb.create(BannedHash);
    expect(await errorOf(() => Object.assign(mistyped, { md5sum: "0".repeat(32) }))).toMatchObject({
      message: expect.stringContaining("md5sum") as string,
    });
    const sensor = await cb.select(Sensor, 3);
    sandbox.requests.clear();
    const error = await errorOf(() => Object.assign(sensor, { status: "Online" }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error.message).toContain("status");
    expect(sensor.isDirty()).toBe(false);
    expect(requested(sandbox)).toEqual([]);
  });
});

describe("what was deleted", () => {
  it("is not deleted again, nor saved, by the same object; by another, the server says that it is gone", async () => {
    const watchlist = cb.create(Watchlist, {
      ...{ name: "short-lived", index_type: "events", search_query: "cb.urlver=1&q=process_name%3Acmd.exe" },
    });
    await watchlist.save();
    const found = await other.select(Watchlist, watchlist.id ?? 0);
    await watchlist.delete();
    sandbox.requests.clear();
    expect((await errorOf(() => watchlist.delete())).message).toMatch(/was deleted/);
    expect((await errorOf(() => watchlist.save())).message).toMatch(/was deleted/);
    expect((await errorOf(() => watchlist.set({ name: "again" }))).message).toMatch(/was deleted/);
    expect(requested(sandbox)).toEqual([]);
    expect(await errorOf(() => found.delete())).toBeInstanceOf(ObjectNotFoundError);
    expect(await errorOf(() => found.refresh())).toBeInstanceOf(ObjectNotFoundError);
  });
});

describe("what only the server can refuse", () => {
  it("is a query that it cannot parse: its own words, and the query", async () => {
    for (const query of [cb.select(Process), cb.select(Binary), cb.select(Alert), cb.select(ThreatReport)]) {
      const error = await errorOf(() => query.where("(hostname:x").first());
      expect(error).toBeInstanceOf(QuerySyntaxError);
      expect(error.message).toMatch(/hostname/);
    }
  });

  it("is an object that it does not have", async () => {
    for (const missing of [
      cb.select(Sensor, 987_654),
      cb.select(SensorGroup, 987_654),
      cb.select(Watchlist, 987_654),
      cb.select(User, "nobody"),
      cb.select(Alert, "no-such-alert"),
      cb.select(BannedHash, "0".repeat(32)),
      cb.select(ThreatReport, "1:no-such-report"),
    ]) {
      const error = await errorOf(() => missing);
      expect(error).toBeInstanceOf(ObjectNotFoundError);
    }
  });

  it("leaves the changes of a refused save where they are, to be mended", async () => {
    const group = await cb.select(SensorGroup, 1);
    group.site_id = 987_654;
    expect((await errorOf(() => group.save())).message).toMatch(/site/i);
    expect(group.isDirty()).toBe(true);
    group.reset();
    expect(group.site_id).toBe(1);
  });
});
