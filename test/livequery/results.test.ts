// What devices have answered: read, narrowed, counted, written to files, and taken as it comes.
import { CbLiveQueryAPI, DeviceSummary, DeviceSummaryFacet, Result, ResultFacet, Run } from "cbapi/livequery";
import { unzipSync } from "fflate";
import { beforeEach, describe, expect, it } from "vitest";
import { asked, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbLiveQueryAPI, {}, false);
const RESULTS = "/livequery/v1/orgs/{org}/runs";
const WEEK = 8 * 86_400_000;

/** A run over everything, which has ended. */
let run: Run;

beforeEach(async () => {
  if (run !== undefined) {
    run = await given.cb.select(Run, run.id);
    return;
  }
  run = await given.cb.query("SELECT name, pid FROM processes").submit();
  await run.awaitCompletion({ timeout: WEEK });
  asked();
});

const key = ({ device_, fields_ }: Result) => `${device_.id} ${fields_["pid"]} ${fields_["name"]}`;

describe("results", () => {
  it("come whole in pages of any size", async () => {
    const { cb } = given;
    const all = await run.queryResults().all();
    expect([all.length, all.report().complete]).toEqual([all.report().available, true]);
    expect(all.length).toBeGreaterThanOrEqual(run.total_results ?? 0);
    const [first] = all as unknown as [Result];
    expect([first.id, first.status, first.time_received instanceof Date]).toEqual([run.id, "matched", true]);
    expect([first.device_.os, Number(first.fields_["pid"])]).toEqual([expect.any(String), expect.any(Number)]);
    expect(Object.keys(first.metrics_).length).toBeGreaterThan(0);
    expect(await first.run.sql).toBe(run.sql);
    const inSmall = await cb.select(Result).runId(run.id).batchSize(7).all();
    expect(inSmall.map(key)).toEqual(all.map(key));
    expect(await cb.select(Result).runId(run.id).count()).toBe(all.length);
    expect((await run.queryResults().slice(5, 8)).map(key)).toEqual(all.slice(5, 8).map(key));
  });

  it("are narrowed by each criterion, and ordered", async () => {
    const all = (await run.queryResults().all()).filter(({ status }) => status === "matched");
    const [{ device_: device }] = all as unknown as [Result];
    const { id, name, os, policy_id, policy_name } = device as Required<typeof device>;
    const of = (wanted: (device: Result["device_"]) => boolean) => all.filter((row) => wanted(row.device_)).length;
    const matched = run.queryResults().setStatuses(["matched"]);
    expect(await matched.setDeviceIds([id]).count()).toBe(of((each) => each.id === id));
    expect(await matched.setDeviceNames([name]).count()).toBe(of((each) => each.name === name));
    expect(await matched.setDeviceOs([os]).count()).toBe(of((each) => each.os === os));
    expect(await matched.setPolicyIds([policy_id]).count()).toBe(of((each) => each.policy_id === policy_id));
    expect(await matched.setPolicyNames([policy_name]).count()).toBe(of((each) => each.policy_name === policy_name));
    expect(await matched.criteria({ device_id: [id] }).count()).toBe(of((each) => each.id === id));
    expect(await matched.setDeviceIds([999_999]).count()).toBe(0);
    const ordered = await matched.sortBy("device.name", "DESC").all();
    const names = ordered.map(({ device_ }) => device_.name ?? "");
    expect(names).toEqual([...names].sort().reverse());
    const text = String(all[0]?.fields_["name"]);
    const found = await matched.where({ "fields.name": text }).all();
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ fields_ }) => String(fields_["name"]).toLowerCase().includes(text.toLowerCase()))).toBe(true);
  });

  it("of several runs, or of a span of time, come by one scroll", async () => {
    const { cb } = given;
    const second = await cb.query("SELECT 1 AS one").submit();
    await second.awaitCompletion({ timeout: WEEK });
    const both = await cb.select(Result).setRunIds([run.id, second.id]).batchSize(50).all();
    expect(both.report().complete).toBe(true);
    expect(new Set(both.map(({ id }) => id))).toEqual(new Set([run.id, second.id]));
    expect(both.filter(({ id }) => id === run.id).length).toBe(await run.queryResults().count());
    const end = new Date(cb.clock.now() + 1000);
    const start = new Date(end.getTime() - 3_600_000);
    asked();
    const recent = await cb.select(Result).setTimeReceived({ start, end }).setRunIds([second.id]).all();
    expect(recent.every(({ id, time_received: at }) => id === second.id && at !== undefined && at >= start)).toBe(true);
    expect(asked().every((request) => request === `POST ${RESULTS}/results/_scroll`)).toBe(true);
  });

  it("are counted by fields", async () => {
    const { cb } = given;
    const all = await run.queryResults().all();
    const facets = await run
      .queryResultFacets()
      .facetField(["status", "device.os"])
      .facetField("fields.name")
      .rows(3)
      .all();
    expect(facets.map(({ field }) => field)).toEqual(["status", "device.os", "fields.name"]);
    expect(facets[0]?.values_.reduce((sum, { total }) => sum + total, 0)).toBe(all.length);
    expect(facets[2]?.values_.length).toBeLessThanOrEqual(3);
    const narrowed = cb.select(ResultFacet).runId(run.id).facetField("status").setStatuses(["matched"]);
    expect((await narrowed.all())[0]?.values_.map(({ id }) => id)).toEqual(["matched"]);
  });

  it("are written to CSV: as text, line by line, zipped, and by a job", async () => {
    const query = run.queryResults().setStatuses(["matched"]);
    const count = await query.count();
    const text = await query.csv().text();
    expect(text.trimEnd().split("\n").length).toBeGreaterThanOrEqual(count + 1);
    const lines = [];
    for await (const line of query.csv().lines()) lines.push(line);
    expect(lines.filter((line) => line !== "")).toEqual(text.split(/\r?\n/).filter((line) => line !== ""));
    const files = unzipSync(await query.zippedCsv().read());
    expect(Object.values(files).map((bytes) => Buffer.from(bytes).toString())).toEqual([text]);
    const job = await query.exportJob();
    await job.awaitCompletion({ timeout: 600_000 });
    expect((await job.output.text()).trim()).toBe(text.trim());
  });
});

describe("device summaries", () => {
  it("tell how each device has fared", async () => {
    const { cb } = given;
    const all = await run.queryDeviceSummaries().all();
    expect(all.length).toBe(run.progress.expected);
    const [first] = all as unknown as [DeviceSummary];
    expect([first.device_id, first.device_name, first.os]).toEqual([
      first.device?.id,
      first.device?.name,
      first.device?.os,
    ]);
    const matched = all.filter(({ status }) => status === "matched");
    expect(matched.length).toBe(run.match_count);
    expect(matched.reduce((sum, { total_results = 0 }) => sum + total_results, 0)).toBe(run.total_results);
    expect(Object.keys(matched[0]?.metrics_ ?? {}).length).toBeGreaterThan(0);
    expect(matched[0]?.finish_time?.getTime()).toBeGreaterThanOrEqual(matched[0]?.start_time?.getTime() ?? 0);
    const one = cb
      .select(DeviceSummary)
      .runId(run.id)
      .setDeviceIds([Number(first.device_id)]);
    expect((await one.all()).map(({ device_name }) => device_name)).toEqual([first.device_name]);
    const facets = await cb.select(DeviceSummaryFacet).runId(run.id).facetField("status").all();
    const total = facets[0]?.values_.find(({ id }) => id === "matched")?.total;
    expect(total).toBe(matched.length);
    expect((await run.queryDeviceSummaryFacets().facetField("device.os").all())[0]?.field).toBe("device.os");
  });
});

describe("a stream of results", () => {
  it("gives each row once while devices answer", async () => {
    const { cb, other } = given;
    const followed = await cb.query("SELECT name, pid FROM processes").submit();
    const seen: number[] = [];
    const stream = followed.stream({ onProgress: ({ answered }) => void seen.push(answered) });
    const rows: string[] = [];
    for await (const row of stream) rows.push(key(row));
    const whole = await other.select(Result).runId(followed.id).all();
    expect([...rows].sort()).toEqual(whole.map(key).sort());
    expect(stream.report().returned).toBe(rows.length);
    expect(followed.hasEnded).toBe(true);
    expect(stream.report().complete).toBe(followed.status === "COMPLETE");
    expect(seen[0]).toBe(0);
    expect(new Set(seen).size).toBeGreaterThan(1);
  });

  it("ends at its deadline and with its run, and says what is missing", async () => {
    const { cb } = given;
    const slow = await cb.query("SELECT 1 AS one").submit();
    const early = slow.stream({ deadline: 1 });
    for await (const _ of early) expect.unreachable();
    expect(early.report().reasons[0]).toMatch(/deadline of 1 ms has passed/);
    const stopped = slow.stream({
      onProgress: async ({ status }) => void (status === "ACTIVE" && (await slow.stop())),
    });
    for await (const row of stopped) expect(row.status).toBe("cancelled");
    expect(stopped.report().reasons[0]).toMatch(/has ended as CANCELLED/);
  });

  it("says of errors and of what a system does not have", async () => {
    const { cb } = given;
    const broken = await cb.query("SELECT * FROM no_such_table").submit();
    const statuses = new Set<string>();
    for await (const { status, device_message: message = "", fields_ } of broken.stream()) {
      statuses.add(String(status));
      expect([Object.keys(fields_).length, message === ""]).toEqual([0, status === "cancelled"]);
    }
    expect([...statuses].every((status) => ["error", "not_supported"].includes(status))).toBe(true);
    expect(broken.error_count).toBeGreaterThan(0);
  });
});
