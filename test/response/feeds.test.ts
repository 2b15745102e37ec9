// Feeds: fetched from where they are published, matched with what endpoints do, and heeded as long as they are enabled.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { Sandbox } from "@cbapi/sandbox";
import {
  Alert,
  ApiError,
  Binary,
  type CbResponseAPI,
  ClientError,
  Feed,
  FeedAction,
  ObjectNotFoundError,
  Process,
  ServerError,
  ThreatReport,
} from "cbapi/response";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientOf, requested } from "../support/sandbox.js";

/** net.exe of the guide's host. */
const NET = "79B6D4C5283FC806387C55B8D7C8B762";
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]);

interface Report {
  readonly id: string;
  readonly score: number;
  readonly iocs: object;
}

let folder: string;
let sandbox: Sandbox;
let cb: CbResponseAPI;
/** Whatever is read by it was told by the server, and not by what `cb` has written. */
let other: CbResponseAPI;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi feeds "));
  await mkdir(join(folder, "feeds"));
  sandbox = await Sandbox.start({ organisation: "small", clock: { running: false }, stateDirectory: folder });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  cb = clientOf(sandbox);
  other = clientOf(sandbox);
  return async () => {
    await Promise.all([cb.close(), other.close()]);
    expect(sandbox.requests.failures()).toEqual([]);
  };
});

/** Publishes a feed in the sandbox's folder; gives its address. */
async function publish(name: string, reports: readonly Report[], info: object = {}): Promise<string> {
  const path = join(folder, "feeds", `${name}.json`);
  const feedinfo = {
    ...{ name, display_name: `The ${name} feed`, provider_url: "https://lab.example", summary: "s", tech_data: "t" },
    ...info,
  };
  const document = {
    feedinfo,
    reports: reports.map((report) => ({
      ...{ title: `Report ${report.id}`, link: `https://lab.example/${report.id}`, timestamp: 1_700_000_000 },
      ...report,
    })),
  };
  await writeFile(path, JSON.stringify(document));
  return pathToFileURL(path).href;
}

const query = (q: string) => [{ index_type: "events", search_query: `cb.urlver=1&q=${encodeURIComponent(q)}` }];

async function addFeed(feed_url: string, values: object = { enabled: true }): Promise<Feed> {
  return cb.create(Feed, { feed_url, manually_added: true, ...values }).save();
}

async function alerting(feed: Feed): Promise<FeedAction> {
  const action = feed.createAction();
  action.type = "alert";
  return action.save();
}

/** What other clients see of the feed. */
const onServer = async (feed: Feed) => other.select(Feed, feed.id ?? 0, { refresh: true });
const alertsOf = (feed: Feed) => other.select(Alert).where({ feed_id: feed.id ?? 0 });
const tagged = (feed: Feed, report: string) =>
  other.select(Process).where(`alliance_data_${feed.name?.toLowerCase()}:${report}`);

/** Starts a program on the guide's host; gives the id of its process. */
async function launch(path: string, netconns: { domain?: string; ip?: string }[] = []): Promise<string> {
  const launched = await sandbox.launch({ sensor: 3, path, netconns });
  if (launched.outcome !== "started") throw new Error(`${path} was ${launched.outcome}`);
  return launched.id;
}

describe("a feed", () => {
  it("is fetched when it is added, and matched by hash, domain, address and query at the next tick", async () => {
    const url = await publish(
      "Lab_1",
      [
        { id: "files", score: 60, iocs: { md5: [NET] } },
        { id: "domains", score: 80, iocs: { dns: ["c2.lab.example"] } },
        { id: "addresses", score: 40, iocs: { ipv4: ["198.51.100.200"] } },
        { id: "programs", score: 20, iocs: { query: query("process_name:calc.exe") } },
      ],
      { category: "Internal", provider_rating: 4, icon: PNG.toString("base64") },
    );
    const byDomain = await launch("c:\\windows\\system32\\xcopy.exe", [{ domain: "C2.lab.example" }]);
    const byAddress = await launch("c:\\windows\\system32\\xcopy.exe", [{ ip: "198.51.100.200" }]);
    const feed = await addFeed(url);
    const expected = { name: "Lab_1", display_name: "The Lab_1 feed", category: "Internal", provider_rating: 4 };
    expect(feed).toMatchObject({ ...expected, enabled: true, manually_added: true, feed_url: url });
    expect(await onServer(feed)).toMatchObject({ ...expected, id: feed.id });
    expect((await onServer(feed)).icon).toEqual(PNG);
    await alerting(feed);
    const reports = await feed.reports.all();
    expect(reports.map(({ id }) => id).sort()).toEqual(["addresses", "domains", "files", "programs"]);
    expect(reports.every(({ feed_id }) => feed_id === feed.id)).toBe(true);
    expect(await feed.searchProcesses()?.count()).toBe(0);

    await sandbox.clock.step();
    const nets = await other.select(Process).where(`md5:${NET}`).count();
    const calcs = await other.select(Process).where("process_name:calc.exe").count();
    expect(await tagged(feed, "files").count()).toBe(nets);
    expect(await tagged(feed, "programs").count()).toBe(calcs);
    expect(await tagged(feed, "domains").one().id).toBe(byDomain);
    expect(await tagged(feed, "addresses").one().id).toBe(byAddress);
    expect(await feed.searchProcesses()?.count()).toBe(nets + calcs + 2);
    expect(await feed.searchProcesses(41, 60)?.count()).toBe(nets);
    expect((await feed.searchProcesses(61)?.all())?.map(({ id }) => id)).toEqual([byDomain]);
    expect(await feed.searchProcesses(90)?.count()).toBe(0);
    expect((await feed.searchBinaries()?.all())?.map(({ md5 }) => md5)).toEqual([NET]);

    const proc = await other.select(Process, byDomain);
    expect(proc.tags).toContain("lab_1");
    const tag = { name: "lab_1", score: 80, data: ["domains"], link: "https://lab.example/domains" };
    expect(proc.tagInfo("lab_1")).toEqual({ ...tag, updated: "2023-11-14T22:13:20.000Z" });
    expect((await proc.threat_intel_hits).map(({ feed_name }) => feed_name)).toContain("lab_1");
    const binary = await other.select(Binary, NET);
    expect(binary.tags).toContain("lab_1");
    expect(binary.tagInfo("lab_1")).toMatchObject({ score: 60, data: ["files"] });

    const alerts = await alertsOf(feed).all();
    expect(alerts).toHaveLength(nets + calcs + 3);
    expect(new Set(alerts.map(({ alert_type }) => alert_type))).toEqual(
      new Set(["watchlist.hit.ingress.process", "watchlist.hit.ingress.binary", "watchlist.hit.query.process"]),
    );
    const [domain] = alerts.filter(({ watchlist_id }) => watchlist_id === "domains");
    expect(domain).toMatchObject({
      watchlist_name: "Report domains",
      ioc_type: "dns",
      ioc_value: "c2.lab.example",
      feed_rating: 4,
      report_score: 80,
      link: "https://lab.example/domains",
      process_id: byDomain,
    });
    expect(domain?.trigger_ioc).toMatchObject({ dns_name: "C2.lab.example", direction: "Outbound", port: 443 });
    expect((await domain?.feed)?.display_name).toBe("The Lab_1 feed");
  });

  it("is fetched again when it is synchronized: new reports match, those that are gone do not", async () => {
    const name = "synced";
    const old = { id: "old", score: 30, iocs: { query: query("process_name:mspaint.exe") } };
    const feed = await addFeed(await publish(name, [old]));
    await alerting(feed);
    await sandbox.clock.step();
    const paints = await tagged(feed, "old").count();
    expect(paints).toBeGreaterThan(0);
    expect(await alertsOf(feed).count()).toBe(paints);

    const fresh = { id: "new", score: 50, iocs: { query: query("process_name:wordpad.exe") } };
    await publish(name, [old, fresh], { summary: "now with words" });
    // The server fetches it when it is told to.
    await sandbox.clock.step();
    expect(await feed.reports.count()).toBe(1);
    await feed.synchronize();
    expect((await feed.reports.all()).map(({ id }) => id).sort()).toEqual(["new", "old"]);
    expect(await tagged(feed, "new").count()).toBe(0);
    await sandbox.clock.step();
    const words = await other.select(Process).where("process_name:wordpad.exe").count();
    expect(await tagged(feed, "new").count()).toBe(words);
    // Matched with everything again, the old report raises nothing twice.
    expect(await alertsOf(feed).count()).toBe(paints + words);
    await feed.refresh();
    expect(feed.summary).toBe("now with words");

    await publish(name, [fresh]);
    await feed.synchronize(false);
    await sandbox.clock.step();
    expect(await tagged(feed, "old").count()).toBe(0);
    expect(await tagged(feed, "new").count()).toBe(words);
    await expect(other.select(ThreatReport, `${feed.id}:old`, { refresh: true })).rejects.toThrow(ObjectNotFoundError);
  });

  it("raises no alerts for reports that are ignored, though it tags, and does again when they are heeded", async () => {
    const path = "c:\\windows\\system32\\tracert.exe";
    const feed = await addFeed(
      await publish("quiet", [{ id: "trace", score: 30, iocs: { query: query("process_name:tracert.exe") } }]),
    );
    await alerting(feed);
    const report = await cb.select(ThreatReport, `${feed.id}:trace`);
    await report.disable();
    await sandbox.clock.step();
    const before = await tagged(feed, "trace").count();
    expect(before).toBeGreaterThan(0);
    expect(await alertsOf(feed).count()).toBe(0);
    await report.enable();
    const id = await launch(path);
    await sandbox.clock.step();
    expect(await tagged(feed, "trace").count()).toBe(before + 1);
    expect((await alertsOf(feed).all()).map(({ process_id }) => process_id)).toEqual([id]);
  });

  it("that is disabled is neither matched nor synchronized, until it is enabled", async () => {
    const feed = await addFeed(
      await publish("sleeper", [{ id: "find", score: 30, iocs: { query: query("process_name:findstr.exe") } }]),
      {},
    );
    expect(feed.enabled).toBe(false);
    await sandbox.clock.step();
    expect(await tagged(feed, "find").count()).toBe(0);
    expect([feed.searchProcesses(), feed.searchBinaries()]).toEqual([undefined, undefined]);
    const error: unknown = await feed.synchronize().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      code: "FEED_DISABLED",
      status: 409,
      message: `Feed ${feed.id} is disabled and cannot be synchronized: enable() it first`,
    });
    await feed.enable();
    expect((await onServer(feed)).enabled).toBe(true);
    await feed.synchronize();
    await sandbox.clock.step();
    const found = await tagged(feed, "find").count();
    expect(found).toBeGreaterThan(0);

    await feed.disable();
    expect((await onServer(feed)).enabled).toBe(false);
    await launch("c:\\windows\\system32\\findstr.exe");
    await sandbox.clock.step();
    expect(await tagged(feed, "find").count()).toBe(found);
  });

  it("that cannot be fetched is not added, and the error says why and where", async () => {
    const gone = pathToFileURL(join(folder, "feeds", "gone.json")).href;
    await writeFile(join(folder, "feeds", "broken.json"), '{"feedinfo": {"name": "x"');
    const refused: [url: string, reason: RegExp][] = [
      [gone, /gone\.json.*no such file/],
      [pathToFileURL(join(folder, "feeds", "broken.json")).href, /broken\.json.*not JSON/],
      ["https://feeds.sandbox/nothing.json", /publishes no feed at \/nothing\.json/],
      ["http://127.0.0.1:9/feed.json", /127\.0\.0\.1:9 could not be asked \(ECONNREFUSED\)/],
      [
        await publish("odd", [{ id: "r", score: 300, iocs: {} }]),
        /not valid: reports\[0\]: score must be a whole number from -100 to 100/,
      ],
    ];
    for (const [url, reason] of refused) {
      const error: unknown = await addFeed(url).catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(ServerError);
      expect(error).toMatchObject({ code: "FEED_NOT_FETCHED", status: 500 });
      expect(String(error)).toMatch(reason);
    }
    const secret = await addFeed("http://me:geheim@127.0.0.1:9/x.json").catch((failure: unknown) => failure);
    expect(inspect(secret)).not.toContain("geheim");
    await expect(addFeed("ftp://x.example/feed.json")).rejects.toThrow(/feed_url.*http, https or file/);
    expect(await other.select(Feed).where({ manually_added: true }).and("name:odd").count()).toBe(0);

    // One that was there, and is no more, keeps its reports.
    const feed = await addFeed(await publish("fleeting", [{ id: "r", score: 1, iocs: { md5: [NET] } }]));
    await rm(join(folder, "feeds", "fleeting.json"));
    await expect(feed.synchronize()).rejects.toMatchObject({ status: 500, serverMessage: /no such file/ });
    expect(await feed.reports.count()).toBe(1);
  });

  it("keeps what is set of it, and shows no secrets", async () => {
    const feed = await addFeed(await publish("settings", []), {});
    const settings = {
      ...{ username: "reader", password: "geheim", ssl_client_crt: "crt", ssl_client_key: "key", use_proxy: true },
      ...{ validate_server_cert: true, local_rating: 5, order: 40, requires: "r", requires_what: "w", requires_who: "p" },
    };
    feed.set(settings);
    sandbox.requests.clear();
    expect((await feed.save({ dryRun: true }))?.requests).toMatchObject([
      { method: "PUT", path: `/api/v1/feed/${feed.id}`, body: { local_rating: 5, name: "settings" } },
    ]);
    expect(requested(sandbox)).toEqual([]);
    await feed.save({ verify: true });
    const saved = await onServer(feed);
    expect(saved).toMatchObject(settings);
    expect(inspect(saved)).not.toMatch(/geheim/);
    saved.local_rating = undefined;
    await saved.save();
    await feed.refresh();
    expect(feed.local_rating).toBeUndefined();
    // What a feed says of itself comes from where it is published.
    feed.name = "renamed";
    await expect(feed.save()).rejects.toMatchObject({ status: 400, serverMessage: /name comes with the feed/ });
    feed.reset();
    expect(feed.name).toBe("settings");
  });

  it("may be added twice, and takes its reports, tags and actions along when it is deleted; alerts stay", async () => {
    const [soc] = await cb.select(Feed).where("name:SOC").all();
    const [first, second] = [await addFeed(soc?.feed_url ?? ""), await addFeed(soc?.feed_url ?? "")];
    expect(first.id).not.toBe(second.id);
    expect(await first.reports.count()).toBe(await soc?.reports.count());
    await second.delete();

    const doomed = await addFeed(
      await publish("doomed", [{ id: "where", score: 30, iocs: { query: query("process_name:whoami.exe") } }]),
    );
    const action = await alerting(doomed);
    await sandbox.clock.step();
    const alerts = await alertsOf(doomed).count();
    expect(alerts).toBeGreaterThan(0);
    expect(await tagged(doomed, "where").count()).toBe(alerts);
    await doomed.delete();
    expect(await tagged(doomed, "where").count()).toBe(0);
    expect(await other.select(ThreatReport).where({ feed_id: doomed.id ?? 0 }).count()).toBe(0);
    expect(await alertsOf(doomed).count()).toBe(alerts);
    await expect(onServer(doomed)).rejects.toThrow(ObjectNotFoundError);
    await expect(action.refresh()).rejects.toThrow(ObjectNotFoundError);
    await expect(async () => (await alertsOf(doomed).first())?.feed.name).rejects.toThrow(ObjectNotFoundError);
  });
});

describe("the list of feeds", () => {
  it("is narrowed, ordered and read in every way, and asked for once", async () => {
    sandbox.requests.clear();
    const own = cb.select(Feed).where({ manually_added: false });
    const rows = await own.all();
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["srstrust", "virustotal", "SOC", "techniques", "blocklist", "exitnodes", "lookalikes"]),
    );
    expect(await own.and("enabled:false").one().name).toBe("lookalikes");
    const ids = rows.map(({ id }) => id);
    expect((await own.sort("id desc").all()).map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await own.sort("name asc").slice(-2)).map(({ name }) => name)).toEqual(["techniques", "virustotal"]);
    expect(await own.sort("id asc").at(2).name).toBe("SOC");
    expect(await own.count()).toBe(ids.length);
    // Whole documents came with the list.
    expect((await cb.select(Feed, 3)).tech_data).toMatch(/downloaded and matched here/);
    expect(requested(sandbox)).toEqual(["/api/v1/feed"]);
    await expect(cb.select(Feed, 4711)).rejects.toThrow(ObjectNotFoundError);
  });
});

describe("the actions of a feed", () => {
  it("are made, listed, read, changed and deleted", async () => {
    const feed = await addFeed(await publish("acting", []));
    expect(await feed.actions.all()).toEqual([]);
    const action = await alerting(feed);
    expect(action).toMatchObject({ type: "alert", action_type: 3, group_id: feed.id, watchlist_id: -1 });
    const post = await cb
      .create(FeedAction, { group_id: feed.id ?? 0, watchlist_id: -1, action_type: 2, action_data: '{"url":"x"}' })
      .save();
    const listed = await (await onServer(feed)).actions.sort("id asc").all();
    expect(listed.map(({ id, type }) => [id, type])).toEqual([
      [action.id, "alert"],
      [post.id, "http_post"],
    ]);
    expect(await other.select(FeedAction).where(`group_id:${feed.id}`).and({ action_type: 2 }).one().id).toBe(post.id);

    const read = await other.select(FeedAction, `${feed.id}:${post.id}`);
    expect(read).toMatchObject({ type: "http_post", action_data: '{"url":"x"}' });
    expect(await read.feed.name).toBe("acting");
    read.type = "syslog";
    await read.save();
    await post.refresh();
    expect(post).toMatchObject({ type: "syslog", action_type: 1, action_data: '{"url":"x"}' });
    post.group_id = 1;
    await expect(post.save()).rejects.toThrow(/cannot be moved to another feed/);
    post.reset();
    await post.delete();
    expect((await other.select(Feed, feed.id ?? 0).actions)).toBeDefined();
    expect((await other.select(FeedAction).where({ group_id: feed.id ?? 0 }).all()).map(({ id }) => id)).toEqual([
      action.id,
    ]);
    await expect(other.select(FeedAction, `${feed.id}:${post.id}`, { refresh: true })).rejects.toThrow(
      ObjectNotFoundError,
    );
  });

  it("are asked for by their feed only", async () => {
    await expect(cb.select(FeedAction).count()).rejects.toThrow('Must use a search parameter: .where("group_id:<id>")');
    await expect(cb.select(FeedAction).where({ group_id: 4711 }).all()).rejects.toThrow(ObjectNotFoundError);
    expect((await cb.select(FeedAction).where("group_id:3").all()).map(({ type }) => type)).toEqual(["syslog", "alert"]);
    await expect(async () => cb.select(FeedAction, 12)).rejects.toThrow(/<feed id>:<action id>/);
    expect(() => cb.create(Feed, { feed_url: "file:///x" }).createAction()).toThrow(ApiError);
  });
});
