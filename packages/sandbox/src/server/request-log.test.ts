import { describe, expect, it } from "vitest";
import { type LoggedRequest, RequestLog } from "./request-log.js";

const request = (changes: Partial<LoggedRequest> = {}): Omit<LoggedRequest, "id"> => ({
  time: "2026-01-05T09:00:00.000Z",
  method: "GET",
  path: "/api/v1/sensor/3",
  status: 200,
  duration: 2,
  route: "/api/v1/sensor/:id",
  ...changes,
});

describe("the request log", () => {
  it("keeps the latest requests and goes on counting", () => {
    const log = new RequestLog(50);
    for (let n = 1; n <= 120; n++) log.add(request({ path: `/api/v1/sensor/${n}` }));
    const entries = log.entries();
    expect(entries).toHaveLength(50);
    expect(entries[0]).toMatchObject({ id: 71, path: "/api/v1/sensor/71" });
    expect(entries.at(-1)).toMatchObject({ id: 120, path: "/api/v1/sensor/120" });
    expect(log.total).toBe(120);
    expect(log.entries(118).map((entry) => entry.id)).toEqual([119, 120]);
    expect(log.entries(500)).toEqual([]);
  });

  it("counts by route, and what was refused or never answered", () => {
    const log = new RequestLog();
    log.add(request());
    log.add(request({ status: 404 }));
    log.add(request({ status: 0 }));
    log.add(request({ method: "PUT" }));
    const { route: _route, ...unrouted } = request();
    log.add(unrouted);
    expect(log.routes()).toEqual([
      { method: "GET", route: "/api/v1/sensor/:id", count: 3, refused: 2, duration: 6 },
      { method: "PUT", route: "/api/v1/sensor/:id", count: 1, refused: 0, duration: 2 },
    ]);
  });

  it("keeps secrets out of all it holds, and long paths short", () => {
    const log = new RequestLog(10, (text) => text.replaceAll("secret", "(token)"));
    log.add(request({ path: "/api?q=secret" }));
    log.add(request({ path: `/api?q=${"x".repeat(20_000)}` }));
    log.addMissing("GET", "/secret");
    log.addFailure("GET /secret", new Error("secret"));
    expect(JSON.stringify([log.entries(), log.missing(), log.failures()])).not.toContain("secret");
    expect(log.entries()[1]?.path).toHaveLength(4099);
  });

  it("holds no more missing paths and failures than it has room for", () => {
    const log = new RequestLog();
    for (let n = 0; n < 520; n++) log.addMissing("GET", `/nothing/${n}`);
    log.addMissing("GET", "/nothing/3");
    expect(log.missing()).toHaveLength(501);
    expect(log.missing().slice(0, 2)).toEqual([
      { method: "GET", path: "(other paths)", count: 20 },
      { method: "GET", path: "/nothing/3", count: 2 },
    ]);
    for (let n = 0; n < 150; n++) log.addFailure("clock tick", n);
    expect(log.failures()).toHaveLength(100);
    expect(log.failures().at(-1)).toMatchObject({ during: "clock tick", error: "149" });
  });

  it("forgets everything but the last id", () => {
    const log = new RequestLog();
    log.add(request());
    log.addMissing("GET", "/x");
    log.addFailure("x", "y");
    log.clear();
    expect([log.entries(), log.routes(), log.missing(), log.failures()]).toEqual([[], [], [], []]);
    log.add(request());
    expect(log.entries()).toMatchObject([{ id: 2 }]);
  });
});
