// Bad input to Live Query: one clear error each, and nothing sent that should not be.
import {
  ApiError,
  CbLiveQueryAPI,
  ClientError,
  DeviceSummary,
  ObjectNotFoundError,
  Result,
  ResultFacet,
  Run,
  Template,
} from "cbapi/livequery";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, useCloudAs } from "../support/given-cloud.js";

type Kind = new (...args: never[]) => Error;
const never = (value: unknown) => value as never;
const given = useCloudAs(CbLiveQueryAPI, {}, false);
const query = () => given.cb.query("SELECT 1");
const results = () => given.cb.select(Result).runId("r");

describe("refused before anything is sent", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["no SQL", () => given.cb.select(Run).submit(), /Missing LiveQuery SQL/],
    ["empty SQL", () => given.cb.query(" ; "), /Missing LiveQuery SQL/],
    ["SQL that is no text", () => given.cb.query(never(5)), /SQL is a text/],
    ["a value that is none", () => given.cb.query`SELECT ${never(undefined)}`, /cannot be put into SQL/],
    ["an empty list of values", () => given.cb.query`SELECT 1 WHERE 1 IN (${[]})`, /empty list/],
    ["device ids as text", () => query().deviceIds(never("12")), /a list is expected/],
    ["a device id as text", () => query().deviceIds(never(["12"])), /invalid device IDs/],
    ["no device ids", () => query().deviceIds([]), /empty list/],
    ["device types as numbers", () => query().deviceTypes(never([1])), /invalid device types/],
    ["a policy that is none", () => query().policyId(Number.NaN), /invalid policy IDs/],
    ["an empty name", () => query().name(""), /name is a text/],
    ["a rule that is none", () => query().schedule("every day", "UTC"), /NAME=value/],
    ["a zone that is none", () => query().schedule("FREQ=DAILY", "Nowhere"), /timezone/],
    ["an empty id", () => given.cb.select(Run, ""), /no id of a Run/],
    ["results of no run", () => given.cb.select(Result).all(), /without a run ID/],
    ["summaries of no run", () => given.cb.select(DeviceSummary).first(), /without a run ID/],
    ["a count of no run", () => given.cb.select(Result).count(), /Can't retrieve count/],
    ["facets of no run", () => given.cb.select(ResultFacet).facetField("status").all(), /without a run ID/],
    ["facets of no field", () => given.cb.select(ResultFacet).runId("r").all(), /No field was named/],
    ["an empty run id", () => results().runId(""), /run_id is the id/],
    ["criteria that are no list", () => results().criteria(never({ status: "matched" })), /a list is expected/],
    ["an order that is none", () => results().sortBy("status", never("UP")), /sort direction/],
    ["an order across runs", () => given.cb.select(Result).setRunIds(["r"]).sortBy("x").all(), /leave out sortBy/],
    ["a time that is none", () => given.cb.select(Result).setTimeReceived(never({ range: "3h" })), /range is a minus/],
    ["one run and several", () => results().setRunIds(["r"]).all(), /one run/],
    [
      "a stream with an unknown option",
      async () => await given.cb.select(Run, "r").stream(never({ timeout: 1 })),
      /unknown option/,
    ],
    ["exclusions", () => results().addExclusions("status", ["matched"]), /have no exclusions: say not\(/],
    ["a page of none", () => results().batchSize(0), /batchSize/],
    ["a result by itself", () => given.cb.select(Result, "r"), /cannot be read one by one/],
  ])("%s", async (_, call, why) => {
    asked();
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(ApiError);
    expect(error.message).toMatch(why);
    expect(asked()).toEqual([]);
  });
});

describe("refused by the server", () => {
  it.each<[string, () => unknown, Kind]>([
    ["SQL that writes", () => given.cb.query("DELETE FROM users").submit(), ClientError],
    ["two statements", () => given.cb.query("SELECT 1; SELECT 2").submit(), ClientError],
    ["a system that there is not", () => query().deviceTypes(["AMIGA"]).submit(), ClientError],
    ["a run that there is not", () => given.cb.select(Run, "nothing"), ObjectNotFoundError],
    ["stopping what there is not", () => given.cb.select(Run, "nothing").stop(), ObjectNotFoundError],
    ["deleting what there is not", () => given.cb.select(Run, "nothing").delete(), ObjectNotFoundError],
    ["results of what there is not", () => given.cb.select(Result).runId("nothing").all(), ObjectNotFoundError],
    ["a template that there is not", () => given.cb.select(Template, "nothing"), ObjectNotFoundError],
    [
      "following what there is not",
      async () => {
        const run = new Run(never({ client: given.cb, key: "nothing" }));
        for await (const _ of run.stream()) expect.unreachable();
      },
      ObjectNotFoundError,
    ],
  ])("%s", async (_, call, kind) => {
    expect(await errorOf(call)).toBeInstanceOf(kind);
  });
});
