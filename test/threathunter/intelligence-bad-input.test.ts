// Bad input about feeds, reports, watchlists and files: one clear error each, and nothing sent that should not be.
import {
  ApiError,
  Binary,
  CbThreatHunterAPI,
  ClientError,
  Downloads,
  Feed,
  FoundItem,
  InvalidHashError,
  InvalidObjectError,
  IOC,
  IOC_V2,
  ObjectNotFoundError,
  Report,
  ReportSeverity,
  Watchlist,
} from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, useCloudAs } from "../support/given-cloud.js";

type Kind = new (...args: never[]) => Error;
const never = (value: unknown) => value as never;
const given = useCloudAs(CbThreatHunterAPI, {}, false);
const INFO = { name: "n", provider_url: "https://example.com", summary: "s", category: "c" };
const REPORT = { title: "t", description: "d", severity: 5 };
const feed = (values: object) => given.cb.create(Feed, { ...INFO, ...values });
const report = (values: object) => given.cb.create(Report, { ...REPORT, ...values });
const ioc = (values: object) => report({ iocs_v2: [{ id: "i", match_type: "equality", field: "md5", ...values }] });

describe("refused before anything is sent", () => {
  it.each<[string, () => unknown, Kind, RegExp]>([
    ["a feed without a name", () => feed({ name: null }).save(), InvalidObjectError, /Missing fields: \[name\]/],
    ["a feed's address", () => feed({ provider_url: "nowhere" }).save(), InvalidObjectError, /provider_url/],
    ["a feed's access", () => feed({ access: "all" }).save(), InvalidObjectError, /public or private/],
    ["a feed's misspelt field", () => feed({ nmae: "x" }), ApiError, /no field named nmae/],
    ["a field of another type", () => feed({ alertable: "yes" }), InvalidObjectError, /true or false/],
    ["a prototype's name as a field", () => feed({ valueOf: "x" }), ApiError, /valueOf/],
    ["reports of an unsaved feed", () => feed({}).reports, InvalidObjectError, /missing feed ID/],
    ["deleting by an empty id", () => given.cb.select(Feed, ""), InvalidObjectError, /no id of a Feed/],
    ["an unsaved feed that is changed", () => feed({}).update({ name: "x" }), InvalidObjectError, /missing feed ID/],
    ["reports without a feed", () => given.cb.select(Report).all(), ApiError, /feed_id missing/],
    ["a report's severity", () => report({ severity: 0 }).save(), InvalidObjectError, /1 to 10/],
    ["a report's link", () => report({ link: "x y" }).save(), InvalidObjectError, /valid URL/],
    ["a report's blank title", () => report({ title: " " }).save(), InvalidObjectError, /title/],
    ["a report's time in milliseconds", () => report({ timestamp: Date.now() }), InvalidObjectError, /milliseconds/],
    ["a report's id", () => given.cb.select(Report, "feed:"), InvalidObjectError, /no id of a Report/],
    ["a hash", () => ioc({ values: ["xyz"] }).save(), InvalidObjectError, /MD5/],
    ["an IPv4 address", () => ioc({ field: "netconn_ipv4", values: ["1.2.3"] }).save(), InvalidObjectError, /IPv4/],
    ["an IPv6 address", () => ioc({ field: "netconn_ipv6", values: ["1"] }).save(), InvalidObjectError, /IPv6/],
    ["a domain", () => ioc({ field: "netconn_domain", values: ["a b"] }).save(), InvalidObjectError, /domain/],
    ["a kind of match", () => ioc({ match_type: "like", values: ["a"] }).save(), InvalidObjectError, /match_type/],
    ["an indicator without values", () => ioc({ values: [] }).save(), InvalidObjectError, /values/],
    ["an expression", () => ioc({ match_type: "regex", values: ["("] }).save(), InvalidObjectError, /regular/],
    ["the older form", () => report({ iocs: { ipv4: ["x"] } }).save(), InvalidObjectError, /IPv4/],
    ["the older form by itself", () => given.cb.create(IOC, { dns: ["a b"] }).validate(), InvalidObjectError, /domain/],
    ["an indicator by itself", () => given.cb.create(IOC_V2, {}).validate(), InvalidObjectError, /match_type, values/],
    ["a severity", () => given.cb.select(Report, "f:r").setCustomSeverity(99), InvalidObjectError, /1 to 10/],
    [
      "a severity without a report",
      () => given.cb.create(ReportSeverity, { severity: 5 }).save(),
      ...([InvalidObjectError, /report_id/] as const),
    ],
    ["a watchlist without a name", () => given.cb.create(Watchlist, {}).save(), InvalidObjectError, /\[name\]/],
    [
      "a watchlist of a report and a feed",
      () => {
        const classifier = { key: "feed_id", value: "f" };
        return given.cb.create(Watchlist, { name: "x", report_ids: ["r"], classifier }).save();
      },
      ...([InvalidObjectError, /not both/] as const),
    ],
    ["an unsaved feed that is deleted", () => feed({}).delete(), InvalidObjectError, /missing feed ID/],
    [
      "an unsaved watchlist that is deleted",
      () => given.cb.create(Watchlist, { name: "x" }).delete(),
      ...([InvalidObjectError, /missing Watchlist ID/] as const),
    ],
    [
      "an unsaved report that is deleted",
      () => given.cb.create(Report, { title: "x" }).delete(),
      ...([InvalidObjectError, /missing Report ID/] as const),
    ],
    [
      "alerts of an unsaved watchlist",
      () => given.cb.create(Watchlist, { name: "x" }).enableAlerts(),
      ...([InvalidObjectError, /missing Watchlist ID/] as const),
    ],
    ["a binary's hash", () => given.cb.select(Binary, "0".repeat(32)), InvalidHashError, /valid SHA256/],
    ["one of many hashes", () => given.cb.select(Downloads, ["x"]), InvalidHashError, /valid SHA256/],
    ["no hashes", () => given.cb.select(Downloads, []), ApiError, /at least one/],
    [
      "a time without end",
      () => given.cb.select(Downloads, ["0".repeat(64)], { expirationSeconds: Number.POSITIVE_INFINITY }),
      ...([ApiError, /expirationSeconds/] as const),
    ],
    ["a search for binaries", () => given.cb.select(never(Binary)), ApiError, /cannot be searched/],
    ["a found file by its hash", () => given.cb.select(FoundItem, "0".repeat(64)), ApiError, /asking for its address/],
    ["an address without TLS", () => given.cb.requestElsewhere("http://a.example/f"), ApiError, /not encrypted/],
  ])("%s", async (_, call, kind, why) => {
    asked();
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(why);
    expect(asked()).toEqual([]);
  });
});

describe("refused by the server", () => {
  it.each<[string, () => unknown, Kind]>([
    ["a feed that there is not", () => given.cb.select(Feed, "nothing"), ObjectNotFoundError],
    [
      "reports of a feed that there is not",
      () => given.cb.select(Report).where({ feed_id: "x" }).all(),
      ObjectNotFoundError,
    ],
    ["a report that there is not", () => given.cb.select(Report, "nothing"), ObjectNotFoundError],
    ["ignoring a report that there is not", () => given.cb.select(Report, "nothing").ignore(), ObjectNotFoundError],
    ["a watchlist that there is not", () => given.cb.select(Watchlist, "nothing").disableTags(), ObjectNotFoundError],
    [
      "a binary that there is not",
      () => given.cb.select(Binary, "0".repeat(64)).summary.num_devices,
      ObjectNotFoundError,
    ],
    [
      "a watchlist of a report that there is not",
      () => given.cb.create(Watchlist, { name: "x", report_ids: ["nothing"] }).save(),
      ClientError,
    ],
    [
      "an indicator whose query cannot be read",
      () => report({ iocs_v2: [{ match_type: "query", values: ["process_name:("] }] }).save(),
      ClientError,
    ],
  ])("%s", async (_, call, kind) => {
    expect(await errorOf(call)).toBeInstanceOf(kind);
  });
});
