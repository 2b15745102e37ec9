import { createHook } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { CbResponseAPI, Process } from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { HeldAnswers } from "../../test-support/held-answers.js";
import { until } from "../../test-support/until.js";

const row = (i: number) => ({
  id: `00000001-0000-${i.toString(16).padStart(4, "0")}-01d3-8bc595148226`,
  segment_id: 1,
});

/** A search over `total` rows. */
const searchOf = (total: number) => searchRoute({ total, row });

describe("calls that are made at once", () => {
  it("get the rows in the order of the calls", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const rows = cb.select(Process).iterate();
    const results = await Promise.all(Array.from({ length: 260 }, () => rows.next()));
    const ids = results.flatMap((result) => (result.done === true ? [] : [result.value.id]));
    expect(ids).toEqual(Array.from({ length: 250 }, (_, i) => row(i).id));
    expect(requests).toHaveLength(3);
    expect(rows.report()).toMatchObject({ complete: true, returned: 250 });
  });

  it("get the rows in the order of the calls also when one is made as the page arrives", async () => {
    const { cb } = await edrServer({ "/api/v1/process": searchOf(9) });
    const rows = cb.select(Process).iterate();
    const first = rows.next();
    const calls = [first, rows.next(), rows.next(), first.then(() => rows.next())];
    const ids = (await Promise.all(calls)).map(({ value }) => value?.id);
    expect(ids).toEqual([0, 1, 2, 3].map((i) => row(i).id));
  });

  it("get the pages in the order of the calls", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const pages = cb.select(Process).pages();
    const results = await Promise.all(Array.from({ length: 4 }, () => pages.next()));
    expect(results.map((result) => result.value?.start)).toEqual([0, 100, 200, undefined]);
    expect(results.map((result) => result.value?.items.length)).toEqual([100, 100, 50, undefined]);
    expect(results.map((result) => result.value?.total)).toEqual([250, 250, 250, undefined]);
    expect(requests).toHaveLength(3);
    expect(pages.report()).toMatchObject({ complete: true, returned: 250, pages: 3 });
  });

  it("find the end when the first of them fails", async () => {
    const { cb } = await edrServer({ "/api/v1/process": { status: 500, text: "no" } });
    const pages = cb.select(Process).pages();
    const [first, second] = await Promise.allSettled([pages.next(), pages.next()]);
    expect(first.status).toBe("rejected");
    expect(second).toMatchObject({ status: "fulfilled", value: { done: true } });
  });
});

describe("return", () => {
  it.each(["iterate", "pages"] as const)("ends a call of next that waits, and is one reason (%s)", async (form) => {
    const { cb } = await edrServer({ "/api/v1/process": searchOf(250) });
    await cb.connect();
    const reading = cb.select(Process)[form]();
    const waiting = reading.next();
    // As far as the request, which takes longer.
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(await reading.return()).toEqual({ value: undefined, done: true });
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await reading.next()).toEqual({ value: undefined, done: true });
    expect(reading.report()).toMatchObject({
      complete: false,
      reasons: ["the caller stopped reading after 0 rows"],
    });
  });

  it.each(["iterate", "pages"] as const)("breaks off a request that is never answered (%s)", async (form) => {
    const held = new HeldAnswers();
    const { cb } = await edrServer({ "/api/v1/process": held.route(null) });
    const reading = cb.select(Process)[form]();
    const waiting = reading.next();
    await held.arrived();
    await reading.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});

describe("the caller's signal", () => {
  it("is listened to while a page is read, and at no other time", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, "abort").length;
    const query = cb.select(Process);
    const rows = query.iterate({ signal });
    query.pages({ signal });
    expect(listeners()).toBe(0);
    const first = rows.next();
    expect(listeners()).toBeGreaterThan(0);
    await first;
    // Left alone in the middle of a page, without `return`.
    expect(listeners()).toBe(0);
    for (let i = 0; i < 55; i++) await rows.next();
    await until(() => requests.length === 2 && listeners() === 0);
  });

  it("stops a reading that was between two pages", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(250) });
    const controller = new AbortController();
    const pages = cb.select(Process).pages({ signal: controller.signal });
    await pages.next();
    await pages.next();
    controller.abort(new Error("enough"));
    await expect(
      (async () => {
        for await (const _ of pages);
      })(),
    ).rejects.toThrow("enough");
    expect(requests.length).toBeLessThanOrEqual(3);
    expect(pages.report()).toMatchObject({ complete: false });
  });

  it("sends nothing when it was aborted before", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/process": searchOf(1) });
    await expect(cb.select(Process).all({ signal: AbortSignal.abort(new Error("early")) })).rejects.toThrow("early");
    expect(requests).toEqual([]);
  });
});

it("hands out the rows of a page without a chain of promises for each", async () => {
  const { cb } = await edrServer({ "/api/v1/process": searchOf(100) });
  const rows = cb.select(Process).iterate();
  await rows.next();
  let promises = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === "PROMISE") promises++;
    },
  }).enable();
  let taken = 0;
  for await (const _ of rows) taken++;
  hook.disable();
  expect(taken).toBe(99);
  // Its own and the one of `for await`; the end of the result costs a few more.
  expect(promises / taken).toBeLessThan(2.5);
});

describe("printing", () => {
  it("shows what an execution gave, and nothing of its inside", async () => {
    const { cb } = await edrServer({ "/api/v1/process": searchOf(3) });
    const rows = cb.select(Process).iterate();
    await rows.next();
    const text = inspect(rows, { depth: 10 });
    expect(text).toMatch(/^Execution \{/);
    expect(text).toContain("returned: 1");
    expect(text).not.toMatch(/progress|signal|client/i);
    expect(inspect(rows, { customInspect: false, showHidden: true, depth: 10 })).not.toMatch(/progress|token/i);
    expect(inspect(cb.select(Process).pages())).toMatch(/^PageExecution \{/);
    await rows.return();
  });

  it("needs no credentials for a query", () => {
    const missing = new CbResponseAPI({ profile: "no such profile" });
    const later = new CbResponseAPI({
      credentialProvider: async () => ({ url: "https://cb.example", token: "0123456789abcdef".repeat(2) }),
    });
    for (const cb of [missing, later]) {
      expect(inspect(cb.select(Process).where("a:b"))).toContain('<Process query "a:b">');
      expect(String(cb.select(Process))).toContain('<Process query "">');
    }
  });
});
