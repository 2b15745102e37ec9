// Many alerts changed by one query: in batches, with a plan before and an exact report after.
import { Alert, Watchlist, WatchlistAction } from "cbapi/response";
import { beforeEach, describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";

const NAME = "Everything that was ever started";
/** Alerts are found by searches a tick after they were changed. */
const settle = () => sandbox.clock.step(2);

useSandbox({ organisation: { processes: 2500 } });
beforeEach(async () => {
  const watchlist = other.create(Watchlist, {
    ...{ name: NAME, index_type: "events", search_query: "cb.urlver=1&q=process_name%3A*" },
  });
  await watchlist.save();
  await other.create(WatchlistAction, { watchlist_id: Number(watchlist.id), action_type: 3 }).save();
  await sandbox.clock.step(32);
});

const bodiesOfPosts = () =>
  sandbox.requests
    .entries()
    .filter(({ method, path }) => method === "POST" && path === "/api/v1/alerts")
    .map(({ status }) => status);

describe("1,700 alerts", () => {
  it("are resolved by one query, in batches of 500, with one batch refused half way", async () => {
    const open = cb.select(Alert).where({ watchlist_name: NAME }).and("status:Unresolved");
    expect(await open.count()).toBeGreaterThanOrEqual(1700);
    const change = open.changeStatus("Resolved");
    sandbox.requests.clear();

    const plan = await change.plan();
    expect(plan.total).toBe(await open.count());
    expect(plan.batches.map(({ items }) => items.length)).toEqual(
      Array.from({ length: Math.ceil(plan.total / 500) }, (_, index) => Math.min(500, plan.total - index * 500)),
    );
    expect(plan.batches[0]).toMatchObject({ method: "POST", path: "/api/v1/alerts" });
    expect(bodiesOfPosts()).toEqual([]);

    sandbox.faults.add({ match: { method: "POST", path: "/api/v1/alerts", after: 1, times: 1 }, do: { status: 400 } });
    const report = await change.run();
    expect(report.complete).toBe(false);
    const refused = plan.batches[1]?.items ?? [];
    expect(report.failures.map(({ item }) => item)).toEqual(refused);
    expect(report.counts).toMatchObject({ done: plan.total - 500, refused: 500, unknown: 0, unsent: 0 });
    await settle();
    expect(await cb.select(Alert).where({ watchlist_name: NAME }).and("status:Unresolved").count()).toBe(500);

    sandbox.requests.clear();
    const after = await report.retry();
    expect(bodiesOfPosts()).toHaveLength(1);
    expect(after.complete).toBe(true);
    expect(after.counts).toMatchObject({ done: plan.total, refused: 0 });
    await settle();
    expect(await cb.select(Alert).where({ watchlist_name: NAME }).and("status:Unresolved").count()).toBe(0);
    expect(await cb.select(Alert).where({ watchlist_name: NAME }).and("status:Resolved").count()).toBe(plan.total);
  });
});
