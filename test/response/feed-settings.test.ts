// Feeds as they are set up: where they are fetched from, what is kept of them, and what is done with their hits.
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { ApiError, Feed, FeedAction, ObjectNotFoundError, ServerError } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { addFeed, raiseAlerts } from "../support/feeds.js";
import { cb, feeds, other, sandbox, useSandbox } from "../support/given.js";
import { requested } from "../support/sandbox.js";

/** net.exe of the guide's host. */
const NET = "79B6D4C5283FC806387C55B8D7C8B762";

useSandbox({}, { feeds: true });

/** What other clients see of the feed. */
const onServer = async (feed: Feed) => other.select(Feed, feed.id ?? 0, { refresh: true });

describe("a feed", () => {
  it("keeps what is set of it, and shows no secrets", async () => {
    const feed = await addFeed(cb, await feeds.publish("settings", []), {});
    const settings = {
      ...{ username: "reader", password: "geheim", ssl_client_crt: "crt", ssl_client_key: "key", use_proxy: true },
      ...{
        validate_server_cert: true,
        local_rating: 5,
        order: 40,
        requires: "r",
        requires_what: "w",
        requires_who: "p",
      },
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

  it("that cannot be fetched is not added, and the error says why and where", async () => {
    const gone = pathToFileURL(feeds.path("gone")).href;
    await writeFile(feeds.path("broken"), '{"feedinfo": {"name": "x"');
    const refused: [url: string, reason: RegExp][] = [
      [gone, /gone\.json.*no such file/],
      [pathToFileURL(feeds.path("broken")).href, /broken\.json.*not JSON/],
      ["https://feeds.sandbox/nothing.json", /publishes no feed at \/nothing\.json/],
      ["http://127.0.0.1:9/feed.json", /127\.0\.0\.1:9 could not be asked \(ECONNREFUSED\)/],
      [
        await feeds.publish("odd", [{ id: "r", score: 300, iocs: {} }]),
        /not valid: reports\[0\]: score must be a whole number from -100 to 100/,
      ],
    ];
    for (const [url, reason] of refused) {
      const error: unknown = await addFeed(cb, url).catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(ServerError);
      expect(error).toMatchObject({ code: "FEED_NOT_FETCHED", status: 500 });
      expect(String(error)).toMatch(reason);
    }
    const secret = await addFeed(cb, "http://me:geheim@127.0.0.1:9/x.json").catch((failure: unknown) => failure);
    expect(inspect(secret)).not.toContain("geheim");
    await expect(addFeed(cb, "ftp://x.example/feed.json")).rejects.toThrow(/feed_url.*http, https or file/);
    expect(await other.select(Feed).where({ manually_added: true }).and("name:odd").count()).toBe(0);

    // One that was there, and is no more, keeps its reports.
    const feed = await addFeed(cb, await feeds.publish("fleeting", [{ id: "r", score: 1, iocs: { md5: [NET] } }]));
    await rm(feeds.path("fleeting"));
    await expect(feed.synchronize()).rejects.toMatchObject({ status: 500, serverMessage: /no such file/ });
    expect(await feed.reports.count()).toBe(1);
  });

  it("is asked for with what it wants from whoever asks, and may be taken away while it is", async () => {
    let asked: string | undefined;
    let arrived = () => {};
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let answer: (() => void) | undefined;
    const feedinfo = {
      name: "remote",
      display_name: "d",
      provider_url: "https://x.example",
      summary: "s",
      tech_data: "t",
    };
    const server = createServer((request, response) => {
      asked = request.headers.authorization;
      const send = () => void response.end(JSON.stringify({ feedinfo, reports: [] }));
      if (request.url === "/slow") {
        answer = send;
        arrived();
      } else send();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const feed = await addFeed(cb, `${url}/feed.json`, { username: "reader", password: "geheim", enabled: true });
    expect(asked).toBe(`Basic ${Buffer.from("reader:geheim").toString("base64")}`);
    feed.feed_url = `${url}/slow`;
    const saved = feed.save().catch((error: unknown) => error);
    await waiting;
    await (await other.select(Feed, feed.id ?? 0)).delete();
    answer?.();
    expect(await saved).toBeInstanceOf(ObjectNotFoundError);
    expect(await other.select(Feed).where("name:remote").count()).toBe(0);
    server.close();
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
    const feed = await addFeed(cb, await feeds.publish("acting", []));
    expect(await feed.actions.all()).toEqual([]);
    const action = await raiseAlerts(feed);
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
    expect(
      (
        await other
          .select(FeedAction)
          .where({ group_id: feed.id ?? 0 })
          .all()
      ).map(({ id }) => id),
    ).toEqual([action.id]);
    await expect(other.select(FeedAction, `${feed.id}:${post.id}`, { refresh: true })).rejects.toThrow(
      ObjectNotFoundError,
    );
  });

  it("are asked for by their feed only", async () => {
    await expect(cb.select(FeedAction).count()).rejects.toThrow('Must use a search parameter: .where("group_id:<id>")');
    await expect(cb.select(FeedAction).where({ group_id: 4711 }).all()).rejects.toThrow(ObjectNotFoundError);
    expect((await cb.select(FeedAction).where("group_id:3").all()).map(({ type }) => type)).toEqual([
      "syslog",
      "alert",
    ]);
    await expect(async () => cb.select(FeedAction, 12)).rejects.toThrow(/<feed id>:<action id>/);
    expect(() => cb.create(Feed, { feed_url: "file:///x" }).createAction()).toThrow(ApiError);
  });
});
