// Many alerts changed by one query while something goes wrong: what is done, refused, in doubt or unsent is told exactly.
import { Sandbox } from "@cbapi/sandbox";
import {
  Alert,
  type BulkProgress,
  type CbResponseAPI,
  Process,
  TimeoutError,
  UnauthorizedError,
  Watchlist,
} from "cbapi/response";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientOf, commit, requested } from "../support/sandbox.js";

let sandbox: Sandbox;
let cb: CbResponseAPI;
/** Whatever is read by it was told by the server, and not by what `cb` has written. */
let other: CbResponseAPI;
let total = 0;

/** Three requests' worth: every process three times. */
const NAMES = ["First", "Second", "Third"];
const LOOKED_UP = "Accounts and groups looked up";
const many = (client: CbResponseAPI = cb) => client.select(Alert).where({ watchlist_name: NAMES });
const open = () => other.select(Alert).where({ watchlist_name: NAMES, status: "Unresolved" }).count();
const lookedUp = () => cb.select(Alert).where({ watchlist_name: LOOKED_UP });
/** Searches show changes from the next tick on. */
const settle = () => sandbox.clock.step();
const posts = () =>
  sandbox.requests
    .entries()
    .filter(({ method }) => method === "POST")
    .map(({ path, status }) => `${path} ${status}`);

beforeAll(async () => {
  sandbox = await Sandbox.start({ organisation: "small", clock: { running: false } });
  await using client = clientOf(sandbox);
  for (const name of NAMES) {
    const watchlist = await client.select(Process).where("process_name:*").createWatchlist(name);
    const action = watchlist.createAction();
    action.type = "alert";
    await action.save();
  }
  await sandbox.clock.step(30);
  total = await many(client).count();
  // What is launched later is to raise no more of them.
  for (const name of NAMES) await (await client.select(Watchlist).where({ name }).one()).delete();
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  cb = clientOf(sandbox);
  other = clientOf(sandbox);
  await many().changeStatus("Unresolved");
  await settle();
  expect(await open()).toBe(total);
  sandbox.requests.clear();
  return async () => {
    sandbox.faults.clear();
    await Promise.all([cb.close(), other.close()]);
    expect(sandbox.requests.failures()).toEqual([]);
  };
});

describe("many alerts", () => {
  it("are changed in batches of 500, and whoever asked is told how it goes", async () => {
    expect(total).toBeGreaterThan(1300);
    const told: BulkProgress<string>[] = [];
    const report = await many()
      .assign("admin")
      .run({ onProgress: (progress) => void told.push(progress) });
    expect(told.map(({ counts }) => counts?.done)).toEqual([500, 1000, total]);
    expect(told.map(({ batch }) => batch.items?.length)).toEqual([500, 500, total - 1000]);
    expect(told.every((progress) => progress.total === total && progress.batch.state === "done")).toBe(true);
    expect(report).toMatchObject({ complete: true, matched: total, failures: [], reasons: [] });
    expect(report.search).toMatchObject({ complete: true, returned: total, pages: 3 });
    expect(posts()).toEqual(Array.from({ length: 3 }, () => "/api/v1/alerts 200"));
    await settle();
    expect(await other.select(Alert).where({ watchlist_name: NAMES, assigned_to: "admin" }).count()).toBe(total);
    expect(await other.select(Alert).where({ watchlist_name: NAMES, status: "In Progress" }).count()).toBe(total);
  });

  it("are changed exactly as planned, even if the search finds others by then", async () => {
    const change = many().changeStatus("Resolved");
    const plan = await change.plan();
    expect(plan).toMatchObject({ total, search: { complete: true } });
    expect(posts()).toEqual([]);
    await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\calc.exe" });
    await sandbox.clock.step();
    sandbox.requests.clear();
    const report = await change;
    expect(report.items().map(({ item }) => item)).toEqual(plan.items);
    // No search is sent again, and a second await sends nothing.
    expect(requested(sandbox)).toEqual(Array.from({ length: 3 }, () => "/api/v1/alerts"));
    expect(await change).toBe(report);
    expect(requested(sandbox)).toEqual([]);
    await settle();
    expect(await open()).toBe(0);
  });

  it("of which some answers were lost are in doubt, until they are sent again", async () => {
    sandbox.faults.add({
      match: { method: "POST", path: "/api/v1/alerts", after: 1, times: 1 },
      do: { reset: true, carriedOut: true },
    });
    const report = await many().changeStatus("Resolved");
    expect(report.complete).toBe(false);
    expect(report.counts).toEqual({ done: total - 500, pending: 0, unknown: 500, refused: 0, unsent: 0 });
    expect(report.reasons).toMatchObject([{ state: "unknown", error: { name: "ConnectionError" } }]);
    expect(() => report.throwIfIncomplete()).toThrow(/500 unknown/);
    // Nothing was sent twice by itself; what is in doubt was in fact carried out.
    expect(posts()).toHaveLength(3);
    await settle();
    expect(await open()).toBe(0);
    sandbox.requests.clear();
    expect((await report.retry({ unknown: false })).counts.unknown).toBe(500);
    expect(posts()).toEqual([]);
    const again = await report.retry();
    expect(again.counts).toEqual({ done: total, pending: 0, unknown: 0, refused: 0, unsent: 0 });
    expect(again.throwIfIncomplete()).toBe(again);
    expect(posts()).toHaveLength(1);
  });

  it("that fail on the server may have been changed; the others are", async () => {
    sandbox.faults.add({ match: { method: "POST", path: "/api/v1/alerts", times: 1 }, do: { status: 500 } });
    const report = await many().changeStatus("Resolved");
    expect(report.counts).toEqual({ done: total - 500, pending: 0, unknown: 500, refused: 0, unsent: 0 });
    await settle();
    expect(await open()).toBe(500);
    expect((await report.retry()).complete).toBe(true);
    await settle();
    expect(await open()).toBe(0);
  });

  it("stay as they are from the moment on at which the caller gives up", async () => {
    const stop = new AbortController();
    const reason = new Error("that will do");
    const onProgress = () => stop.abort(reason);
    const report = await many().changeStatus("Resolved").run({ signal: stop.signal, onProgress });
    expect(report.counts).toEqual({ done: 500, unsent: total - 500, pending: 0, refused: 0, unknown: 0 });
    expect(report.reasons).toMatchObject([{ state: "unsent", error: reason }]);
    expect(posts()).toHaveLength(1);
    await settle();
    expect(await open()).toBe(total - 500);
    const rest = await report.retry();
    expect(rest).toMatchObject({ complete: true, counts: { done: total } });
    expect(posts()).toHaveLength(3);

    // The request that is under way when the caller gives up may have been carried out.
    const hang = commit(sandbox, {
      match: { method: "POST", path: "/api/v1/alerts", times: 1 },
      do: { hang: true },
    });
    const late = new AbortController();
    const halting = many().changeStatus("Unresolved").run({ signal: late.signal });
    await hang.met();
    late.abort(reason);
    const halted = await halting;
    expect(halted.counts).toEqual({ done: 0, pending: 0, unknown: 500, unsent: total - 500, refused: 0 });

    // A listener that fails ends it as well.
    const failing = await many()
      .changeStatus("Unresolved")
      .run({
        onProgress: () => {
          throw reason;
        },
      });
    expect(failing.counts).toMatchObject({ done: 500, unsent: total - 500 });
    expect(failing.reasons[0]?.error).toBe(reason);
    // Given up before the search has ended, nothing is sent at all.
    const early = many().changeStatus("Resolved");
    await expect(early.run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await early).complete).toBe(true);
  });

  it("are left alone once the token is not accepted any more", async () => {
    const token = "f".repeat(40);
    sandbox.tokens.add({ username: "passing", token, globalAdmin: true });
    await using passing = clientOf(sandbox, { token });
    const report = await many(passing)
      .changeStatus("Resolved")
      .run({ onProgress: () => void sandbox.tokens.remove(token) });
    expect(report.counts).toEqual({ done: 500, pending: 0, refused: 500, unsent: total - 1000, unknown: 0 });
    expect(report.reasons.map(({ state }) => state)).toEqual(["refused", "unsent"]);
    expect(report.reasons[0]?.error).toBeInstanceOf(UnauthorizedError);
    expect(JSON.stringify(report)).not.toContain(token);
    expect(posts()).toEqual(["/api/v1/alerts 200", "/api/v1/alerts 401"]);
    await settle();
    expect(await open()).toBe(total - 500);
    sandbox.tokens.add({ username: "passing", token, globalAdmin: true });
    expect(await report.retry()).toMatchObject({ complete: true, counts: { done: total } });
  });

  it("are in doubt when something on the way answers in place of the server", async () => {
    const posted = { method: "POST", path: "/api/v1/alerts" };
    // A proxy wants somebody to sign in: with a page, and with status 200.
    sandbox.faults.add({ match: { ...posted, after: 1, times: 1 }, do: { html: true } });
    const report = await many().changeStatus("Resolved");
    expect(report.counts).toEqual({ done: 500, pending: 0, unknown: 500, unsent: total - 1000, refused: 0 });
    expect(report.reasons[0]).toMatchObject({ state: "unknown", error: { name: "ServerError", code: "NOT_JSON" } });
    await settle();
    expect(await open()).toBe(total - 500);
    sandbox.faults.add({ match: { ...posted, times: 1 }, do: { truncate: 6 } });
    const again = await report.retry();
    expect(again.counts).toEqual({ done: total - 500, pending: 0, unknown: 500, refused: 0, unsent: 0 });
    expect((await again.retry()).complete).toBe(true);

    const [alert] = await many().all({ limit: 1 });
    sandbox.faults.add({ match: { method: "POST", path: "/api/v1/alert/", times: 1 }, do: { html: true } });
    await expect(alert?.changeStatus("Unresolved")).rejects.toMatchObject({ code: "NOT_JSON" });
    expect(alert?.status).toBe("Resolved");
    sandbox.faults.add({ match: { method: "POST", path: "/api/v1/alert/", times: 1 }, do: { html: true } });
    alert?.set({ status: "Unresolved" });
    await expect(alert?.save()).rejects.toMatchObject({ code: "NOT_JSON" });
    expect(alert?.isDirty()).toBe(true);
  });

  it("are in doubt when the server takes too long, and the others are sent", async () => {
    const match = { method: "POST", path: "/api/v1/alerts", times: 1 };
    sandbox.faults.add({ match, do: { hang: true, carriedOut: true } });
    const report = await many().changeStatus("Resolved").run({ timeout: 400 });
    expect(report.counts).toEqual({ done: total - 500, pending: 0, unknown: 500, refused: 0, unsent: 0 });
    expect(report.reasons[0]?.error).toBeInstanceOf(TimeoutError);
    await settle();
    expect(await open()).toBe(0);
  });

  it("that were not all found are told to be incomplete", async () => {
    Object.assign(sandbox.behaviour, { totalOverestimate: 7 });
    const report = await many().changeStatus("Resolved");
    Object.assign(sandbox.behaviour, { totalOverestimate: 0 });
    expect(report.counts).toMatchObject({ done: total });
    expect(report.complete).toBe(false);
    expect(report.search?.reasons.join()).toMatch(/7 of \d+ rows are missing/);
    expect(() => report.throwIfIncomplete()).toThrow(/the search for the items was not complete/);
    // Alerts come in on top while they are read: none is changed twice.
    Object.assign(sandbox.behaviour, { shiftRows: 3 });
    const plan = await many().changeStatus("Unresolved").plan();
    Object.assign(sandbox.behaviour, { shiftRows: 0 });
    expect(new Set(plan.items).size).toBe(plan.items.length);
    expect(plan.search?.duplicates).toBeGreaterThan(0);
  });

  it("are not asked for again and again when the server wants fewer requests", async () => {
    sandbox.faults.add({
      match: { method: "POST", path: "/api/v1/alerts", after: 1 },
      do: { status: 429, retryAfter: 600 },
    });
    const report = await many().changeStatus("Resolved").run({ timeout: 3000 });
    expect(report.counts).toMatchObject({ done: 500, unsent: total - 1000 });
    expect(report.complete).toBe(false);
    expect(posts().length).toBeLessThan(4);
    sandbox.faults.clear();
    expect((await report.retry()).complete).toBe(true);
  });

  it("of ignored sources raise no more", async () => {
    const report = await lookedUp().setIgnored();
    expect(report).toMatchObject({ complete: true, matched: 13 });
    await settle();
    expect(await lookedUp().and('status:"False Positive"').count()).toBe(13);
    expect((await lookedUp().all()).every(({ report_ignored }) => report_ignored === true)).toBe(true);
    await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\whoami.exe" });
    await sandbox.clock.step(30);
    expect(await other.select(Alert).where({ watchlist_name: LOOKED_UP }).count()).toBe(13);
    await cb.select(Alert).where({ watchlist_name: LOOKED_UP }).setIgnored(false, { status: "Unresolved" });
    await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\whoami.exe" });
    await sandbox.clock.step(30);
    expect(await other.select(Alert).where({ watchlist_name: LOOKED_UP }).count()).toBe(14);
  });

  it("of an empty search are none, and nothing is sent", async () => {
    const report = await cb.select(Alert).where("watchlist_name:nowhere").changeStatus("Resolved");
    expect(report).toMatchObject({ complete: true, matched: 0 });
    expect(posts()).toEqual([]);
  });
});
