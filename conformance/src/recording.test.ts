import { describe, expect, it } from "vitest";
import { Recording } from "./recording.js";
import type { ReceivedRequest } from "./request.js";
import type { Exchange, Vector } from "./vector.js";

function exchange(path: string, more: Partial<Exchange> & { method?: string } = {}): Exchange {
  const { method = "GET", ...rest } = more;
  return { request: { method, path, query: [] }, response: { status: 200 }, ...rest };
}

function vector(exchanges: Exchange[], more: Partial<Vector> = {}): Vector {
  return { name: "v", product: "response", title: "", call: [], result: [], exchanges, ...more };
}

function request(path: string, more: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return { method: "GET", path, query: [], headers: {}, body: Buffer.alloc(0), ...more };
}

/** Sends these one after the other, and returns what differs and what was spared. */
function play(recording: Recording, ...paths: string[]): { differences: string[]; spared: string[] } {
  for (const path of paths) recording.take(request(path), 0);
  const spared = recording.finish();
  return { differences: recording.differences, spared };
}

describe("a recording", () => {
  it("is met by the same requests in the same order", () => {
    const recording = new Recording(vector([exchange("/a"), exchange("/b", { times: 2 })]));
    expect(play(recording, "/a", "/b", "/b")).toEqual({ differences: [], spared: [] });
  });

  it("misses what was never sent", () => {
    expect(play(new Recording(vector([exchange("/a"), exchange("/b")])), "/a").differences).toEqual([
      "never sent: GET /b",
    ]);
  });

  it("notes what was sent and not recorded", () => {
    const recording = new Recording(vector([exchange("/a")]));
    expect(play(recording, "/a", "/a").differences).toEqual(["sent and not recorded: GET /a"]);
    expect(recording.take(request("/c"), 0)).toBeUndefined();
  });

  it("notes the wrong order, once", () => {
    const recording = new Recording(vector([exchange("/a"), exchange("/b")]));
    expect(play(recording, "/b", "/a").differences).toEqual(["GET /b was sent before GET /a"]);
  });

  it("leaves the order of parallel work free", () => {
    const recording = new Recording(vector([exchange("/a"), exchange("/b")], { unordered: true }));
    expect(play(recording, "/b", "/a").differences).toEqual([]);
    const short = new Recording(vector([exchange("/a"), exchange("/b")], { unordered: true }));
    expect(play(short, "/b").differences).toEqual(["never sent: GET /a"]);
  });

  it("lets each session of parallel jobs be closed once, in two requests", () => {
    const session = "/api/v1/cblr/session/7";
    const close = request(session, { method: "PUT", body: Buffer.from('{"id": 7, "status": "close"}') });
    const parallel = new Recording(vector([exchange(session)], { unordered: true }));
    for (const sent of [request(session), request(session), close]) expect(parallel.take(sent, 0)).toBeDefined();
    expect([parallel.finish(), parallel.differences, [...parallel.general]]).toEqual([[], [], ["closed sessions"]]);
    expect(parallel.take(request(session), 0)).toBeUndefined();
    expect(parallel.take(close, 0)).toBeUndefined();
    expect(parallel.take(request("/api/v1/cblr/session/8"), 0)).toBeUndefined();
    const single = new Recording(vector([exchange(session)]));
    expect(single.take(request(session), 0)).toBeDefined();
    expect(single.take(close, 0)).toBeUndefined();
  });

  it("answers a request that differs as the one that was meant", () => {
    const recording = new Recording(vector([exchange("/a")]));
    expect(recording.take(request("/a", { query: [["x", "1"]] }), 0)).toBeDefined();
    recording.finish();
    expect(recording.differences).toEqual(["GET /a: parameter x=1 was not recorded"]);
  });

  it("lets a document be read once that was read twice, unless something was written in between", () => {
    const twice = new Recording(vector([exchange("/a"), exchange("/b"), exchange("/a"), exchange("/c")]));
    expect(play(twice, "/a", "/b", "/c")).toEqual({ differences: [], spared: ["GET /a"] });
    const written = new Recording(vector([exchange("/a"), exchange("/b", { method: "PUT" }), exchange("/a")]));
    written.take(request("/a"), 0);
    written.take(request("/b", { method: "PUT" }), 0);
    written.finish();
    expect(written.differences).toEqual(["never sent: GET /a"]);
  });

  it("takes recorded pauses as the least that is waited", () => {
    const recording = new Recording(vector([exchange("/a"), exchange("/a", { waitedSeconds: 1, times: 2 })]));
    recording.take(request("/a"), 0);
    recording.take(request("/a"), 2);
    recording.take(request("/a"), 0.5);
    recording.finish();
    expect(recording.differences).toEqual(["GET /a was sent after a pause of 0.5 s, recorded 1 s"]);
  });

  it("goes on after the end of one that was cut off", () => {
    const recording = new Recording(vector([exchange("/a")], { truncated: true }));
    expect(play(recording, "/a", "/a", "/a").differences).toEqual([]);
  });

  it("of App Control lets all settings and an order by id be asked for, and nothing else", () => {
    const api = "/api/bit9platform/v1";
    const ask = (path: string, ...query: [string, string][]) => {
      const recording = new Recording(vector([exchange(path)]));
      recording.take(request(path, { query }), 0);
      return { differences: recording.differences.length, general: [...recording.general] };
    };
    expect(ask(`${api}/serverConfig`, ["limit", "0"])).toEqual({ differences: 0, general: ["all settings"] });
    expect(ask(`${api}/computer`, ["sort", "id ASC"])).toEqual({ differences: 0, general: ["order by id"] });
    for (const [path, ...query] of [
      [`${api}/computer`, ["sort", "name ASC"]],
      [`${api}/computer`, ["limit", "0"]],
      [`${api}/serverConfig`, ["limit", "1"]],
      ["/api/v1/sensor", ["sort", "id ASC"]],
    ] as [string, [string, string]][]) {
      expect(ask(path, ...query)).toEqual({ differences: 1, general: [] });
    }
  });

  describe("with a departure", () => {
    const row = { vector: "response/v", exchange: 0, meets: "", why: "" };
    const query = { recorded: ["a", "1"], accepted: ["cb.a", "1"] } as const;
    const searched = vector([{ request: { method: "GET", path: "/a", query: [["a", "1"]] }, response: {} }]);

    it("accepts another parameter, and only that one", () => {
      const departing = new Recording(searched, [{ ...row, query }]);
      departing.take(request("/a", { query: [["cb.a", "1"]] }), 0);
      departing.finish();
      expect(departing.differences).toEqual([]);
      expect(departing.used.size).toBe(1);
      const other = new Recording(searched, [{ ...row, query }]);
      other.take(request("/a", { query: [["cb.a", "2"]] }), 0);
      expect(other.differences).toHaveLength(1);
    });

    it("accepts another path and another body, and only those", () => {
      const saved = () =>
        vector([{ request: { method: "POST", path: "/a/3", query: [], json: { id: 3, b: 1 } }, response: {} }]);
      const other = { ...row, path: { recorded: "/a/3", accepted: "/a" }, json: { b: 1 } };
      const sent = (path: string, body: string) => request(path, { method: "POST", body: Buffer.from(body) });
      const departing = new Recording(saved(), [other]);
      expect(departing.take(sent("/a", '{"b":1}'), 0)).toBeDefined();
      expect([departing.finish(), departing.differences, departing.used.size]).toEqual([[], [], 1]);
      for (const [path, body] of [
        ["/a/3", '{"b":1}'],
        ["/a", '{"b":2}'],
        ["/a", '{"id":3,"b":1}'],
      ] as const) {
        const refusing = new Recording(saved(), [other]);
        refusing.take(sent(path, body), 0);
        refusing.finish();
        expect(refusing.differences.length).toBeGreaterThan(0);
        expect(refusing.used.size).toBe(0);
      }
      const outdated = new Recording(saved(), [{ ...other, path: { recorded: "/a/4", accepted: "/a" } }]);
      expect(outdated.take(sent("/a", '{"b":1}'), 0)).toBeUndefined();
    });

    it("accepts a request once more behind another, there and only once", () => {
      const exchanges = () => vector([exchange("/list"), exchange("/a"), exchange("/b")]);
      const rows = [{ ...row, exchange: 1, again: "GET /list" }];
      const again = new Recording(exchanges(), rows);
      expect(play(again, "/list", "/a", "/list", "/b")).toEqual({ differences: [], spared: [] });
      expect(again.used.size).toBe(1);
      expect(play(new Recording(exchanges(), rows), "/list", "/a", "/b").differences).toEqual([
        "the departure at exchange 1 is not needed: remove it from the table",
      ]);
      expect(play(new Recording(exchanges(), rows), "/list", "/a", "/list", "/list", "/b").differences).toEqual([
        "sent and not recorded: GET /list",
      ]);
    });

    it("fails when it is not needed, unless chance decides", () => {
      const recorded = new Recording(searched, [{ ...row, query }]);
      recorded.take(request("/a", { query: [["a", "1"]] }), 0);
      recorded.finish();
      expect(recorded.differences).toEqual(["the departure at exchange 0 is not needed: remove it from the table"]);
      const paused = vector([exchange("/a", { waitedSeconds: 1 })]);
      const free = new Recording(paused, [{ ...row, pause: "free", sometimes: true }]);
      free.take(request("/a"), 2);
      free.finish();
      expect(free.differences).toEqual([]);
    });
  });
});
