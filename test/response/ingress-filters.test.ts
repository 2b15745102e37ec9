// Ingress filters: what they keep away from the server as it comes in.
import type { LaunchReport } from "@cbapi/sandbox";
import { ApiError, ClientError, IngressFilter, InvalidObjectError, ObjectNotFoundError, Process } from "cbapi/response";
import { afterEach, describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, sent, written } from "../support/sandbox.js";

const path = "/api/v1/ingress_whitelist";

useSandbox(
  {
    organisation: { hosts: 12, processes: 300 },
    tokens: [{ username: "analyst", token: "analyst-token-0123456789" }],
  },
  { sharedTime: true, connected: true },
);
afterEach(async () => {
  for (const filter of await cb.select(IngressFilter).all()) await filter.delete();
});

const newFilter = (id: string, values: Record<string, unknown> = {}) =>
  cb.create(IngressFilter, { id, name: id, description: "by a test", ...values });
/** A program on a Windows workstation, which nobody has banned. */
const run = (program: string, more: Record<string, unknown> = {}) =>
  sandbox.launch({ sensor: "FIN-WS-001", path: program, ...more });
const found = (name: string) => cb.select(Process).where({ process_name: name }).count();
const outcomeOf = ({ outcome }: LaunchReport) => outcome;

describe("the filters", () => {
  it("are listed, narrowed, and read one by one", async () => {
    const filters = cb.select(IngressFilter);
    expect((await filters.sort("id asc").all()).map(({ id }) => id)).toEqual(["backup-agent", "linux-monitor"]);
    expect((await filters.where({ enabled: false }).one()).group_ids).toEqual([6]);
    expect(await filters.where("os_mask:1").and("priority:0").count()).toBe(1);
    expect(await cb.select(IngressFilter, "backup-agent")).toMatchObject({
      ...{ name: "Backup agent", os_mask: 1, descendant_filtering_level: 1, internal: false, version: 1 },
      ...{ path_filters: ["c:\\program files\\nightvault\\bin\\*.exe"], create_user_id: 2 },
    });
    expect((await cb.select(IngressFilter, "backup-agent")).hit_rate).toBeGreaterThan(0);
    expect(await errorOf(() => cb.select(IngressFilter, "none"))).toBeInstanceOf(ObjectNotFoundError);
  });

  it("are made with what is left out at its default, changed and deleted", async () => {
    const filter = newFilter("noise-1", { path_filters: ["c:\\noise\\*.exe"] });
    expect(await filter.save({ dryRun: true })).toMatchObject({
      requests: [{ method: "POST", path, body: [{ id: "noise-1", path_filters: ["c:\\noise\\*.exe"] }] }],
    });
    expect(sent(sandbox)).toEqual([]);
    await filter.save({ verify: true });
    expect(sent(sandbox).slice(0, 2)).toEqual([`POST ${path}`, `GET ${path}/noise-1`]);
    expect(filter).toMatchObject({
      ...{
        enabled: true,
        filter_on_sensor: false,
        filter_on_server: true,
        track_metrics: true,
        os_mask: 7,
        priority: 0,
      },
      ...{ global: true, group_ids: [], sensor_ids: [], filter_all_events: true, hit_rate: 0, create_user_id: 1 },
    });
    expect(filter.create_timestamp).toEqual(sandbox.clock.date());

    await sandbox.clock.step(30);
    await using other = clientOf(sandbox);
    await (await other.select(IngressFilter, "noise-1")).set({ priority: 5 }).save();
    filter.set({ name: "Noise", enabled: false, cmdline_filters: ["rx|^noise( |$)"] });
    await filter.save({ verify: true });
    expect(await cb.getObject(`${path}/noise-1`)).toMatchObject({
      ...{ name: "Noise", enabled: false, cmdline_filters: ["rx|^noise( |$)"], priority: 5, version: 3 },
    });
    expect(filter.modify_timestamp).toEqual(sandbox.clock.date());
    expect(filter.create_timestamp).not.toEqual(filter.modify_timestamp);
    await filter.delete();
    expect(await errorOf(() => other.select(IngressFilter, "noise-1", { refresh: true }))).toBeInstanceOf(
      ObjectNotFoundError,
    );
    expect(await errorOf(() => filter.delete())).toMatchObject({ code: "DELETED" });
  });

  it("have every setting that can be written read back as it was written", async () => {
    const filter = await newFilter("settings").save();
    const values = {
      ...{ name: "Settings", description: "all of them", priority: -3, enabled: false, track_metrics: false },
      ...{ filter_on_sensor: true, filter_on_server: false, os_mask: 5, global: false, group_ids: [3, 2] },
      ...{ sensor_ids: [1, 2], path_filters: ["c:\\a\\*", "rxi|b$"], cmdline_filters: ["exact", "rx|^c"] },
      ...{ md5_filters: ["ab".repeat(16)], descendant_filtering_level: -1, filter_all_events: false },
      ...{ regmod_filters: ["r*"], modload_filters: ["m*"], filemod_filters: ["f*"], netconn_filters: ["n*"] },
      ...{ non_binary_filemod_filters: ["t*"], crossproc_filters: ["x*"] },
    };
    await filter.set(values).save({ verify: true });
    expect(await cb.getObject(`${path}/settings`)).toMatchObject(values);
    expect(await cb.select(IngressFilter, "settings", { refresh: true })).toMatchObject(values);
  });

  it("are refused where they make no sense, and to whoever may not change them", async () => {
    for (const id of ["a b", "x/y", ""]) {
      expect(await errorOf(() => newFilter(id))).toBeInstanceOf(InvalidObjectError);
    }
    const short = await errorOf(() => cb.create(IngressFilter, { id: "short" }).save());
    expect(short.message).toContain("[name, description]");
    expect(written(sandbox)).toEqual([]);
    await newFilter("twice").save();
    expect(await errorOf(() => newFilter("twice").save())).toMatchObject({ status: 409 });
    const pattern = await errorOf(() => newFilter("bad", { path_filters: ["rx|("] }).save());
    expect(pattern).toMatchObject({ status: 400 });
    expect(pattern.message).toContain("path_filters");
    const twice = await cb.select(IngressFilter, "twice");
    expect(await errorOf(() => twice.set({ id: "thrice" }))).toBeInstanceOf(ApiError);
    expect(await errorOf(() => twice.set({ hit_rate: 1 } as never))).toBeInstanceOf(ApiError);

    await using analyst = clientOf(sandbox, { token: "analyst-token-0123456789" });
    const seen = await analyst.select(IngressFilter, "twice");
    const error = await errorOf(() => seen.set({ enabled: false }).save());
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 403 });
    expect(error.message).toContain("Changing ingress filters is for global administrators");
    expect(await errorOf(() => seen.delete())).toMatchObject({ status: 403 });
    expect((await twice.refresh()).enabled).toBe(true);
  });
});

describe("a filter", () => {
  it("keeps processes away as long as it is there and in force, and counts them", async () => {
    expect(outcomeOf(await run("c:\\noise\\agent.exe"))).toBe("started");
    const filter = await newFilter("by-path", { path_filters: ["c:\\noise\\*.exe"] }).save();
    expect(await run("c:\\noise\\agent.exe")).toMatchObject({ outcome: "filtered", filter_id: "by-path" });
    expect(outcomeOf(await run("c:\\quiet\\other.exe"))).toBe("started");
    expect(await found("agent.exe")).toBe(1);
    expect((await filter.refresh()).hit_rate).toBeCloseTo(1 / 900, 6);

    // Counted, though not kept away.
    await filter.set({ enabled: false }).save();
    expect(outcomeOf(await run("c:\\noise\\agent.exe"))).toBe("started");
    expect(await found("agent.exe")).toBe(2);
    expect((await filter.refresh()).hit_rate).toBeCloseTo(2 / 900, 6);
    await filter.set({ enabled: true, track_metrics: false }).save();
    expect(outcomeOf(await run("c:\\noise\\agent.exe"))).toBe("filtered");
    await filter.delete();
    expect(outcomeOf(await run("c:\\noise\\agent.exe"))).toBe("started");
    expect(await found("agent.exe")).toBe(3);
  });

  it("is for the systems, groups and sensors that it names", async () => {
    const filter = await newFilter("scoped", { path_filters: ["**/scoped*"], os_mask: 4 }).save();
    const linux = { sensor: "lnx-01", path: "/opt/scoped" };
    const windows = "c:\\scoped.exe";
    const outcomes = async () => [outcomeOf(await sandbox.launch(linux)), outcomeOf(await run(windows))];
    expect(await outcomes()).toEqual(["filtered", "started"]);
    await filter.set({ os_mask: 7 }).save();
    expect(await outcomes()).toEqual(["filtered", "filtered"]);
    const { sensor_id = 0 } = (await cb.select(Process).where("hostname:FIN-WS-001").first()) ?? {};
    await filter.set({ global: false, sensor_ids: [sensor_id] }).save();
    expect(await outcomes()).toEqual(["started", "filtered"]);
    await filter.set({ sensor_ids: [], group_ids: [6] }).save();
    expect(await outcomes()).toEqual(["filtered", "started"]);
    // For sensors to apply, in place of the server.
    await filter.set({ global: true, filter_on_sensor: true, filter_on_server: false }).save({ verify: true });
    expect((await filter.refresh()).filter_on_sensor).toBe(true);
  });

  it("looks at command lines and hashes, and reaches down to descendants", async () => {
    await newFilter("by-line", { cmdline_filters: ["rx|--heartbeat$"] }).save();
    expect(outcomeOf(await run("c:\\app.exe", { cmdline: "app.exe --heartbeat" }))).toBe("filtered");
    expect(outcomeOf(await run("c:\\app.exe", { cmdline: "app.exe --heartbeat=1" }))).toBe("started");
    await newFilter("by-hash", { md5_filters: ["AB".repeat(16)] }).save();
    expect(outcomeOf(await run("c:\\hashed.exe", { md5: "ab".repeat(16) }))).toBe("filtered");

    const root = await run("c:\\root.exe");
    const parent = "id" in root ? root.id : "";
    await newFilter("family", { path_filters: ["c:\\root.exe"], descendant_filtering_level: 1 }).save();
    expect(outcomeOf(await run("c:\\child.exe", { parent }))).toBe("filtered");
    // What was filtered is told of by its parent as a child that was left out.
    const { childprocs } = await cb.select(Process, parent, { refresh: true });
    expect((await childprocs).map(({ suppressed }) => suppressed)).toEqual([true]);
  });

  it("takes some kinds of events only, where it is told to", async () => {
    await newFilter("less", {
      ...{ path_filters: ["c:\\chatty.exe"], filter_all_events: false },
      ...{ netconn_filters: ["rxi|\\.cdn\\.example$"], filemod_filters: ["c:\\cache\\**"] },
    }).save();
    const report = await run("c:\\chatty.exe", {
      netconns: [{ domain: "a.CDN.example" }, { domain: "c2.example" }],
      filemods: [{ path: "c:\\cache\\a.dll" }, { path: "c:\\windows\\b.dll" }],
      regmods: [{ path: "\\registry\\machine\\x" }],
    });
    expect(report.outcome).toBe("started");
    const proc = await cb.select(Process).where("process_name:chatty.exe").one();
    expect((await proc.netconns).map(({ domain }) => domain)).toEqual(["c2.example"]);
    expect((await proc.filemods).map(({ path: file }) => file)).toEqual(["c:\\windows\\b.dll"]);
    expect(await proc.regmods).toHaveLength(1);
    expect(await cb.select(Process).where("domain:cdn.example").count()).toBe(0);
  });

  it("of a higher priority decides", async () => {
    await newFilter("wide", { path_filters: ["c:\\prio\\*"], filter_all_events: false, priority: 10 }).save();
    await newFilter("narrow", { path_filters: ["c:\\prio\\a.exe"], priority: 1 }).save();
    expect(outcomeOf(await run("c:\\prio\\a.exe"))).toBe("started");
    await (await cb.select(IngressFilter, "wide")).set({ priority: -1 }).save();
    expect(await run("c:\\prio\\a.exe")).toMatchObject({ outcome: "filtered", filter_id: "narrow" });
  });
});
