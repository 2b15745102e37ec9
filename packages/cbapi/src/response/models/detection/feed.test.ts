import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError, ClientError, InvalidObjectError, ObjectNotFoundError, ServerError } from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { Feed } from "./feed.js";
import { FeedAction } from "./feed-action.js";

const FEED = "/api/v1/feed/18";
const nvd = {
  id: 18,
  name: "NVD",
  feed_url: "https://feeds.example/nvd.json",
  enabled: true,
  provider_rating: 3,
  use_proxy: null,
  password: "open sesame",
  ssl_client_key: "-----BEGIN KEY-----",
  ssl_client_crt: "-----BEGIN CERTIFICATE-----",
  icon: Buffer.from("png").toString("base64"),
};

describe("a feed", () => {
  it("is read with its bytes, and never prints its secrets", async () => {
    const { cb } = await edrServer({ [FEED]: nvd });
    const feed = await cb.select(Feed, 18);
    expect(feed.icon?.toString()).toBe("png");
    expect(feed.use_proxy).toBeUndefined();
    expect(feed.password).toBe("open sesame");
    expect(inspect(feed)).not.toMatch(/sesame|BEGIN KEY/);
    expect(inspect(feed)).toContain("BEGIN CERTIFICATE");
  });

  it("is enabled and disabled by writing all of it back", async () => {
    let state = { ...nvd };
    const { cb, requests } = await edrServer({
      [FEED]: (_query, method, body) => {
        if (method === "PUT") state = JSON.parse(body) as typeof nvd;
        return method === "PUT" ? { result: "success" } : state;
      },
    });
    const feed = await cb.select(Feed, 18);
    feed.summary = "not saved";
    requests.length = 0;
    await feed.enable();
    expect(requests.splice(0)).toEqual([FEED]);
    expect((await feed.disable({ dryRun: true }))?.changes).toEqual({ enabled: { from: true, to: false } });
    requests.length = 0;
    expect((await feed.disable()).enabled).toBe(false);
    expect(state).toEqual({ ...nvd, enabled: false });
    expect(requests).toEqual([FEED, `PUT ${FEED}`, FEED]);
    expect([feed.summary, feed.isDirty()]).toEqual(["not saved", true]);
    // What the client remembers of it is not what is gone by.
    state.enabled = true;
    await feed.disable({ verify: true });
    expect(state.enabled).toBe(false);
  });

  it("finds what it has tagged, by score", async () => {
    const { cb, requests } = await edrServer({ [FEED]: nvd });
    const feed = await cb.select(Feed, 18);
    expect(feed.searchProcesses()?.query).toBe("alliance_score_nvd:[1 TO *]");
    expect(feed.searchProcesses({ minScore: 20, maxScore: 80 })?.query).toBe("alliance_score_nvd:[20 TO 80]");
    expect(feed.searchBinaries({ minScore: 0 })?.query).toBe("alliance_score_nvd:[0 TO *]");
    expect(feed.searchBinaries({ minScore: -100, maxScore: -1 })?.and({ os_type: "windows" }).query).toContain(
      "[-100 TO -1] os_type:windows",
    );
    expect(() => feed.searchProcesses({ minScore: 1.5 })).toThrow(ApiError);
    expect(() => feed.searchBinaries({ minScore: 1, maxScore: Number.NaN })).toThrow(ApiError);
    expect(() => feed.searchBinaries({ minScore: 80, maxScore: 20 })).toThrow(/from 80 to 20/);
    // From JavaScript: a bare value would be taken for options of which none is set.
    const bare = 20 as never;
    expect(() => feed.searchProcesses(bare)).toThrow("searchProcesses takes its options by their names");
    expect(() => feed.searchBinaries(bare)).toThrow("{ minScore: 60 }: got 20");
    await expect(feed.synchronize(false as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    feed.enabled = false;
    expect(feed.searchProcesses()).toBeUndefined();
    feed.set({ enabled: true, name: "" });
    expect(() => feed.searchBinaries()).toThrow(InvalidObjectError);
    expect(requests).toEqual([FEED]);
  });

  it("has reports and actions, of which nothing is asked before they are read", async () => {
    const { cb, requests } = await edrServer({
      "/api/v1/threat_report": { total_results: 1, results: [{ feed_id: 18, id: "a", title: "FUZZYWOMBAT" }] },
      [`${FEED}/action`]: [{ id: 1, action_type: 3 }],
    });
    const reports = await cb.select(Feed, 18).reports;
    const actions = await cb.select(Feed, 18).actions;
    expect(requests).toEqual([]);
    expect((await reports.where("title:FUZZYWOMBAT").all()).map(({ title }) => title)).toEqual(["FUZZYWOMBAT"]);
    expect(requests[0]).toContain("q=feed_id:18 title:FUZZYWOMBAT&");
    expect((await actions.all()).map(({ type, group_id }) => [type, group_id])).toEqual([["alert", 18]]);
  });

  it("is synchronized by its id alone", async () => {
    const bodies: unknown[] = [];
    const { cb, requests } = await edrServer({
      [`${FEED}/synchronize`]: (_query, _method, body) => {
        bodies.push(JSON.parse(body));
        return { result: "success" };
      },
    });
    await cb.select(Feed, 18).synchronize();
    await cb.select(Feed, 18).synchronize({ full: false });
    expect(requests).toEqual([`POST ${FEED}/synchronize`, `POST ${FEED}/synchronize`]);
    expect(bodies).toEqual([{ full_sync: true }, { full_sync: false }]);
  });

  it("says why it cannot be synchronized", async () => {
    const answers = [
      { status: 409, text: "Feed is not enabled" },
      { result: "out of disk" },
      { status: 200, text: "" },
    ];
    const { cb } = await edrServer({ [`${FEED}/synchronize`]: () => answers.shift() ?? null });
    const disabled: unknown = await Promise.resolve(cb.select(Feed, 18).synchronize()).catch((error: unknown) => error);
    expect(disabled).toBeInstanceOf(ClientError);
    expect(disabled).toMatchObject({ code: "FEED_DISABLED", status: 409, retryable: false });
    expect((disabled as Error).message).toMatch(/is disabled .* enable\(\) it first/);
    await expect(Promise.resolve(cb.select(Feed, 18).synchronize())).rejects.toMatchObject({
      name: "ServerError",
      message: expect.stringContaining("out of disk"),
    });
    await cb.select(Feed, 18).synchronize();
  });

  it("that is new is sent with what was set, and nothing is done with it before", async () => {
    const bodies: unknown[] = [];
    const { cb, requests } = await edrServer({
      "/api/v1/feed": (_query, _method, body) => {
        bodies.push(JSON.parse(body));
        return { id: 18 };
      },
      [FEED]: nvd,
    });
    expect(() => cb.create(Feed, { no_such: 1 } as never)).toThrow(/no field named no_such/);
    const feed = cb.create(Feed, { enabled: true });
    await expect(feed.save()).rejects.toThrow("Missing fields: [feed_url]");
    for (const use of [() => feed.reports, () => feed.actions, () => feed.createAction()])
      expect(use).toThrow(ApiError);
    await expect(feed.synchronize()).rejects.toThrow("save() it first");
    feed.feed_url = "https://feeds.example/nvd.json";
    expect((await feed.save({ dryRun: true }))?.requests).toMatchObject([{ method: "POST", path: "/api/v1/feed" }]);
    expect(requests).toEqual([]);
    await feed.save();
    expect(bodies).toEqual([{ enabled: true, feed_url: "https://feeds.example/nvd.json" }]);
    expect([feed.id, feed.name]).toEqual([18, "NVD"]);
    expect(requests).toEqual(["POST /api/v1/feed", FEED]);
  });

  it("that the server cannot fetch says so, without the password of its address", async () => {
    const { cb } = await edrServer({ "/api/v1/feed": { status: 500, text: "boom" } });
    const feed = cb.create(Feed, { feed_url: "https://me:hush@feeds.example/x.json" });
    const error: unknown = await feed.save().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ code: "FEED_NOT_FETCHED", status: 500, serverMessage: "boom" });
    expect((error as Error).message).toMatch(/cannot fetch .*feeds\.example\/x\.json/);
    expect((error as Error).message).not.toContain("hush");
    expect(feed.isDirty()).toBe(true);
  });
});

describe("an action of a feed", () => {
  const ACTIONS = `${FEED}/action`;

  const server = () => {
    let list: Record<string, unknown>[] = [{ id: 1, action_type: 1, action_data: null, watchlist_id: -1 }];
    const writes: unknown[] = [];
    const item = (_query: URLSearchParams, method: string, body: string) => {
      writes.push(body === "" ? method : JSON.parse(body));
      list = method === "DELETE" ? [] : [JSON.parse(body) as Record<string, unknown>];
      return { result: "success" };
    };
    const routes = {
      [ACTIONS]: (_query: URLSearchParams, method: string, body: string) => {
        if (method === "GET") return list;
        writes.push(JSON.parse(body));
        list.push({ ...(JSON.parse(body) as object), id: 2 });
        return { id: 2 };
      },
      [`${ACTIONS}/1`]: item,
      [`${ACTIONS}/2`]: item,
      [FEED]: nvd,
    };
    return { routes, writes };
  };

  it("is made under its feed, changed and deleted there, and read back from the list", async () => {
    const { routes, writes } = server();
    const { cb, requests } = await edrServer(routes);
    const action = await cb.select(Feed, 18).createAction();
    await expect(action.save()).rejects.toThrow("Missing fields: [action_type]");
    action.type = "email";
    action.action_data = '{"recipients":["a@b.example"]}';
    await action.save();
    expect(requests.splice(0)).toEqual([`POST ${ACTIONS}`, ACTIONS]);
    expect(writes.splice(0)).toEqual([
      { action_type: 0, action_data: '{"recipients":["a@b.example"]}', group_id: 18, watchlist_id: -1 },
    ]);
    expect([action.id, action.type, String(action)]).toEqual([2, "email", `<FeedAction: id 18:2> @ ${cb.url}`]);

    action.type = "http_post";
    await action.save();
    expect(requests.splice(0)).toEqual([`PUT ${ACTIONS}/2`, ACTIONS]);
    expect(writes.splice(0)).toMatchObject([{ id: 2, action_type: 2, group_id: 18 }]);
    expect(await action.feed.name).toBe("NVD");
    action.group_id = 19;
    await expect(action.save()).rejects.toThrow(/cannot be moved to another feed/);
    action.reset();
    requests.length = 0;
    await action.delete();
    expect(requests).toEqual([`DELETE ${ACTIONS}/2`]);
    await expect(action.delete()).rejects.toThrow("was deleted");
  });

  it("is listed by its feed only, and selected by both numbers", async () => {
    const { routes } = server();
    const { cb, requests } = await edrServer(routes);
    await expect(cb.select(FeedAction).all()).rejects.toThrow('Must use a search parameter: .where("group_id:<id>")');
    expect(requests).toEqual([]);
    expect((await cb.select(FeedAction).where("group_id:18").one()).type).toBe("syslog");
    expect(await cb.select(FeedAction, "18:1").group_id).toBe(18);
    await expect(Promise.resolve(cb.select(FeedAction, "18:7"))).rejects.toBeInstanceOf(ObjectNotFoundError);
    for (const key of [18, "18", "18:", "a:b", "1:2:3"]) {
      expect(() => cb.select(FeedAction, key)).toThrow(InvalidObjectError);
    }
    requests.length = 0;
    await cb.select(FeedAction, "18:1").delete();
    expect(requests).toEqual([`DELETE ${ACTIONS}/1`]);
  });

  it("names its type, and refuses names that are none", async () => {
    const { cb } = await edrServer({});
    const action = cb.create(FeedAction, { group_id: 18, watchlist_id: -1, type: "alert" });
    expect([action.action_type, action.type]).toEqual([3, "alert"]);
    action.action_type = 9;
    expect(action.type).toBe("unknown");
    expect(() => Object.assign(action, { type: "carrier pigeon" })).toThrow(
      'There is no action of type "carrier pigeon": the types are email, syslog, http_post, alert',
    );
    expect(() => cb.create(FeedAction, { type: "unknown" as never })).toThrow(ApiError);
    expect(cb.create(FeedAction).type).toBeUndefined();
  });
});
