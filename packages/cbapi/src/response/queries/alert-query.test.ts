import { describe, expect, it } from "vitest";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { Alert } from "../models/detection/alert.js";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `a${String(i).padStart(4, "0")}`);

/** A server with so many alerts, which answers changes with these. */
async function alertServer(count: number, answers: readonly object[] = []) {
  const posts: Record<string, unknown>[] = [];
  const server = await edrServer({
    "/api/v2/alert": searchRoute((query) => {
      const id = query.get("cb.fq.unique_id");
      return (id === null ? ids(count) : [id]).map((unique_id) => ({ unique_id }));
    }),
    "/api/v1/alerts": (_, _method, text) => {
      posts.push(JSON.parse(text) as Record<string, unknown>);
      return answers[posts.length - 1] ?? { result: "success" };
    },
  });
  return { ...server, posts, sizes: () => posts.map(({ alert_ids }) => (alert_ids as unknown[]).length) };
}

describe("alerts of a query", () => {
  it("are changed 500 at a time, after all of their ids were read", async () => {
    const { cb, requests, posts, sizes } = await alertServer(1100);
    const query = cb.select(Alert).where({ hostname: "win7" });
    const change = query.changeStatus("Resolved");
    const plan = await change.plan();
    expect(plan.total).toBe(1100);
    expect(plan.batches.map(({ method, path, items }) => [method, path, items.length])).toEqual([
      ["POST", "/api/v1/alerts", 500],
      ["POST", "/api/v1/alerts", 500],
      ["POST", "/api/v1/alerts", 100],
    ]);
    expect(plan.search).toMatchObject({ available: 1100, returned: 1100, complete: true, totalOrder: false });
    expect(plan.search?.notes).toEqual([expect.stringContaining("stable() gives an order")]);
    expect(posts).toEqual([]);
    const report = await change;
    expect(report.complete).toBe(true);
    expect(report.counts.done).toBe(1100);
    expect(requests).toEqual([
      "/api/v2/alert?cb.urlver=1&facet=false&q=hostname:win7&rows=500&start=0",
      "/api/v2/alert?cb.urlver=1&facet=false&q=hostname:win7&rows=500&start=500",
      "/api/v2/alert?cb.urlver=1&facet=false&q=hostname:win7&rows=500&start=1000",
      ...Array.from({ length: 3 }, () => "POST /api/v1/alerts"),
    ]);
    expect(sizes()).toEqual([500, 500, 100]);
    expect(posts[2]).toEqual({ alert_ids: ids(1100).slice(1000), requested_status: "Resolved" });
  });

  it("may be all alerts; a total order is sent where it is asked for", async () => {
    const { cb, requests, posts } = await alertServer(600);
    const report = await cb.select(Alert).stable().assign("joe");
    expect([report.complete, report.search?.totalOrder, report.search?.notes]).toEqual([true, true, undefined]);
    expect(requests[0]).toBe("/api/v2/alert?cb.urlver=1&facet=false&q=&rows=500&sort=unique_id asc&start=0");
    expect(posts[1]).toEqual({
      alert_ids: ids(600).slice(500),
      assigned_to: "joe",
      requested_status: "In Progress",
    });
    const none = await alertServer(0);
    expect((await none.cb.select(Alert).setIgnored()).complete).toBe(true);
    expect(none.posts).toEqual([]);
  });

  it("that were refused are told, and retried by themselves", async () => {
    const { cb, posts, sizes } = await alertServer(1100, [
      {},
      { result: "busy" },
      { status: 500, text: "oops" },
      { result: "success" },
    ]);
    const report = await cb.select(Alert).where("hostname:win7").setIgnored(true, { status: "Resolved" });
    expect(report.counts).toEqual({ done: 500, pending: 0, refused: 500, unknown: 100, unsent: 0 });
    expect(report.reasons.map(({ state, items }) => [state, items?.length])).toEqual([
      ["refused", 500],
      ["unknown", 100],
    ]);
    expect(() => report.throwIfIncomplete()).toThrow(/setIgnored of Alert query "hostname:win7": 1100 items, 500 done/);
    expect((await report.retry()).complete).toBe(true);
    expect(sizes()).toEqual([500, 500, 100, 500, 100]);
    expect(posts[3]).toEqual({
      alert_ids: ids(1100).slice(500, 1000),
      requested_status: "Resolved",
      set_ignored: true,
    });
  });

  it("are not looked for when what is asked for makes no sense", async () => {
    const { cb, requests } = await alertServer(3);
    const query = cb.select(Alert);
    // @ts-expect-error no such status
    expect(() => query.changeStatus("Done")).toThrow("is no status of an alert");
    expect(() => query.assign("")).toThrow("the name of a user");
    expect(requests).toEqual([]);
  });

  it("are read anew after they were changed", async () => {
    const { cb, requests } = await alertServer(3);
    await cb.select(Alert, "a0001");
    await cb.select(Alert, "a0001");
    expect(requests.splice(0)).toHaveLength(1);
    await cb.select(Alert).changeStatus("Resolved");
    requests.length = 0;
    await cb.select(Alert, "a0001");
    expect(requests).toHaveLength(1);
  });

  it("are found in the console", async () => {
    const { cb } = await alertServer(0);
    expect(cb.select(Alert).where("status:Unresolved").webui_link).toMatch(
      /#\/alerts\?cb\.urlver=1&q=status%3AUnresolved/,
    );
  });
});
