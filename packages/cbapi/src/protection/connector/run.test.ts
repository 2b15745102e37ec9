// What a connector's run sends, and what it makes of servers that are not as they should be. How it works with a server that
// does what servers do is tested against the sandbox.
import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { IdleClock } from "../../test-support/idle-clock.js";
import { type ProtectionAnswer, protectionServer, type RouteRequest } from "../../test-support/protection-server.js";
import { Connector } from "../models/analysis/connector.js";
import { RunContext } from "./context.js";
import { Intake } from "./intake.js";
import { settingsOf } from "./settings.js";
import type { AnalysisReport, ConnectorProblem, ConnectorRunOptions } from "./types.js";

const registration = { id: 5, name: "Lab", analysisName: "Lab", connectorVersion: "1.0", isInternal: false };
const row = (id: number, more: object = {}) => ({
  ...{ id, connectorId: 5, priority: 0, uploaded: true, analysisStatus: 0, fileName: `${id}.exe` },
  ...{ md5: "", sha1: "a".repeat(40), sha256: null },
  ...more,
});
type Row = ReturnType<typeof row>;

const refusal = (status: number, text = "no") => ({ status, text: JSON.stringify({ Message: text }) });

/** A server with these analyses, which are gone once they have ended, and a connector on it. */
async function given(
  rows: Row[],
  routes: Record<string, (request: RouteRequest) => ProtectionAnswer | Promise<ProtectionAnswer>> = {},
) {
  const clock = new IdleClock();
  const one = (id: number) => (request: RouteRequest) => {
    const index = rows.findIndex((each) => each.id === id);
    if (index < 0) return refusal(404);
    const after = { ...(rows[index] as Row), ...(request.body as object) };
    if (after.analysisStatus > 2) rows.splice(index, 1);
    else rows[index] = after;
    return after;
  };
  const server = await protectionServer(
    {
      "connector/5": registration,
      pendingAnalysis: ({ query }) => rows.slice(0, Number(query.get("maxCount") ?? 10)),
      notification: ({ body }) => {
        const index = rows.findIndex(({ id }) => id === (body as { fileAnalysisId: number }).fileAnalysisId);
        if (index < 0) return refusal(404);
        rows.splice(index, 1);
        return { status: 201, text: "" };
      },
      ...Object.fromEntries(rows.map(({ id }) => [`pendingAnalysis/${id}`, one(id)])),
      ...routes,
    },
    { clock },
  );
  const reports: AnalysisReport[] = [];
  const problems: ConnectorProblem[] = [];
  /** Runs until so many reports have come. */
  const run = async (wanted: number, options: ConnectorRunOptions) => {
    const stop = new AbortController();
    const connector = await server.cb.select(Connector, 5);
    const statistics = await connector.run({
      interval: 1000,
      signal: stop.signal,
      ...options,
      onResult(report) {
        reports.push(report);
        if (reports.length >= wanted) stop.abort();
        return options.onResult?.(report);
      },
      onError(problem) {
        problems.push(problem);
        return options.onError?.(problem);
      },
    });
    return statistics;
  };
  const told = () => server.writes.map(({ method, path, body }) => [`${method} ${path}`, body] as const);
  return { ...server, clock, reports, problems, run, told };
}

describe("a verdict", () => {
  it("is told with the analysis, the connector and the file, and with whatever else it says", async () => {
    const { run, told } = await given([row(61)]);
    await run(1, { analyse: () => ({ result: 3, malwareName: "X", files: [{ fileName: "d.dll" }], version: null }) });
    expect(told()).toStrictEqual([
      [
        "POST notification",
        {
          ...{ analysisResult: 3, connectorId: 5, fileAnalysisId: 61, fileName: "61.exe", sha1: "a".repeat(40) },
          ...{ malwareName: "X", files: [{ fileName: "d.dll" }], product: "Lab" },
          ...{ time: expect.stringMatching(/^2026-01-05T09:00:/) as string },
        },
      ],
    ]);
  });

  it("is told by its status alone where the server takes no notification", async () => {
    const { run, told, problems, reports } = await given([row(61)], {
      notification: () => refusal(400, "no such field"),
    });
    await run(1, { analyse: () => ({ result: 2, severity: "high" }) });
    expect(told().map(([request]) => request)).toEqual(["POST notification", "PUT pendingAnalysis/61"]);
    expect(told()[1]?.[1]).toEqual({ id: 61, analysisStatus: 3, analysisResult: 2 });
    expect(problems).toMatchObject([{ during: "report", pending: { id: 61 } }]);
    expect(reports).toMatchObject([{ outcome: "analysed", result: 2 }]);
  });

  it("that the server takes and forgets is told once more, and never a third time", async () => {
    const list: string[] = [];
    const { run, told, clock } = await given([row(61), row(62)], {
      notification: () => ({ status: 200, text: "" }),
      "pendingAnalysis/61": ({ method }) => {
        list.push(method);
        return row(61);
      },
    });
    const stop = new AbortController();
    const handed: number[] = [];
    const statistics = await run(99, {
      signal: stop.signal,
      analyse: ({ id }) => {
        handed.push(id);
        return { result: 1 };
      },
      timeout: 60_000,
    });
    expect(handed).toEqual([61, 62]);
    expect(told().map(([request]) => request)).toEqual([
      ...["POST notification", "POST notification", "PUT pendingAnalysis/61", "PUT pendingAnalysis/62"],
    ]);
    expect(statistics).toMatchObject({ analysed: 2 });
    expect(clock.pauses.length).toBeGreaterThan(5);
  });

  it("that the server takes in no way ends as an error, and not for ever", async () => {
    const { run, told, problems, reports } = await given([row(61)], {
      notification: () => refusal(400),
      "pendingAnalysis/61": ({ method }) => (method === "GET" ? row(61) : refusal(400, "read-only")),
    });
    await run(1, { analyse: () => ({ result: 2 }) });
    expect(told().map(([, body]) => (body as Row).analysisStatus)).toEqual([undefined, 3, 4]);
    expect(reports).toMatchObject([{ outcome: "failed" }]);
    expect(problems.map(({ during }) => during)).toEqual(["report", "report"]);
  });

  it("that has no meaning is a failure of the file", async () => {
    const { run, told, reports } = await given([row(61), row(62), row(63), row(64)]);
    const outcomes = new Map<number, unknown>([
      [61, undefined],
      [62, { result: 9 }],
      [63, { result: 1, defer: 5 }],
      [64, { result: 1, malwareNam: "x" }],
    ]);
    await run(4, { attempts: 1, analyse: ({ id }) => outcomes.get(id) as never });
    expect(reports.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "failed", "failed"]);
    expect(told().map(([, body]) => (body as { analysisError: string }).analysisError)).toEqual([
      expect.stringContaining("none of them"),
      expect.stringContaining("one of"),
      expect.stringContaining("none of them"),
      expect.stringContaining("malwareNam"),
    ]);
  });
});

describe("a server that is out of order", () => {
  it("is waited for ever longer, and is told of", async () => {
    let failures = 0;
    const { run, problems, reports, clock } = await given([row(61)], {
      pendingAnalysis: () => (failures++ < 4 ? { status: 503, text: "" } : [row(61)]),
    });
    await run(1, { interval: 2000, analyse: () => ({ result: 1 }) });
    expect(problems.map(({ during, retryIn }) => [during, retryIn])).toEqual([
      ...([2000, 4000, 8000, 16_000].map((pause) => ["list", pause]) as [string, number][]),
    ]);
    expect(clock.pauses.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
    expect(reports.length).toBe(1);
  });

  it("gets a result that it has not got, and not one that it has", async () => {
    const rows = [row(61), row(62)];
    let posts = 0;
    const { run, told } = await given(rows, {
      notification: ({ body }) => {
        const index = rows.findIndex(({ id }) => id === (body as { fileAnalysisId: number }).fileAnalysisId);
        posts++;
        // The first is carried out, and its answer is lost; the second is not.
        if (posts !== 2) rows.splice(index, 1);
        return posts <= 2 ? { status: 502, text: "" } : { status: 201, text: "" };
      },
    });
    const statistics = await run(2, { analyse: () => ({ result: 1 }) });
    expect(told().map(([, body]) => (body as { fileAnalysisId: number }).fileAnalysisId)).toEqual([61, 62, 62]);
    expect(statistics).toEqual({ analysed: 2, failed: 0, refused: 0, deferred: 0, gone: 0, left: 0 });
  });

  it("with one report, and with nothing else, gets that in the other way after some tries", async () => {
    const { run, told, reports } = await given([row(61)], { notification: () => ({ status: 500, text: "overflow" }) });
    await run(1, { analyse: () => ({ result: 2, malwareType: "x".repeat(9999) }) });
    expect(told().filter(([request]) => request === "POST notification").length).toBe(8);
    expect(told().at(-1)).toEqual(["PUT pendingAnalysis/61", { id: 61, analysisStatus: 3, analysisResult: 2 }]);
    expect(reports).toMatchObject([{ outcome: "analysed" }]);
  });
});

describe("a download", () => {
  it("that the server cannot give is tried for long, and then is a failure of the file", async () => {
    const { run, problems, told, clock } = await given([row(61)], {
      "pendingAnalysis/61": ({ method, query, body }) => {
        if (query.get("downloadFile") === "true") return { status: 503, text: '{"Message":"Too many downloads"}' };
        return method === "PUT" ? { ...row(61), ...(body as object) } : row(61);
      },
    });
    const began = clock.now();
    const statistics = await run(1, {
      interval: 10_000,
      // What the caller's code makes of it says less than it.
      analyse: ({ id }, { file }) =>
        file.read().then(
          () => ({ result: 1 }),
          () => Promise.reject(new Error(`${id}?`)),
        ),
    });
    expect(statistics).toMatchObject({ failed: 1 });
    expect(clock.now() - began).toBeGreaterThan(30 * 60_000);
    expect(problems.map(({ during, retryIn }) => `${during} ${retryIn}`)).toEqual([
      ...[10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 10, 20].map((seconds) => `download ${seconds * 1000}`),
      "download undefined",
    ]);
    expect(told()).toMatchObject([
      [expect.any(String), { analysisStatus: 4, analysisError: expect.stringContaining("503") }],
    ]);
  });

  it("of an analysis that is over is no failure", async () => {
    const { run, reports, told } = await given([row(61)], { "pendingAnalysis/61": () => refusal(404) });
    await run(1, { analyse: async (_, { file }) => ({ result: (await file.read()).length > 0 ? 1 : 3 }) });
    expect([reports.map(({ outcome }) => outcome), told()]).toEqual([["gone"], []]);
  });

  it("that the token may not have ends the connector", async () => {
    const { run } = await given([row(61)], { "pendingAnalysis/61": () => ({ status: 401, text: "" }) });
    const running = run(1, { analyse: async (_, { file }) => ({ result: (await file.read()).length > 0 ? 1 : 3 }) });
    await expect(running).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});

describe("the list of what is pending", () => {
  const intakeOf = async (rows: Row[], options: Partial<ConnectorRunOptions> = {}) => {
    const { cb, requests, clock } = await given([], {
      pendingAnalysis: ({ query }) => {
        const ids = query.get("q")?.replace("id:", "").split("|").map(Number);
        return ids === undefined
          ? rows.slice(0, Number(query.get("maxCount")))
          : rows.filter(({ id }) => ids.includes(id));
      },
    });
    const context = new RunContext(cb, settingsOf({ analyse: () => ({ result: 1 }), ...options }));
    const connector = await cb.select(Connector, 5);
    requests.length = 0;
    const intake = new Intake(context, connector);
    const next = async (wanted: number) => (await intake.next(wanted, {})).map(({ id }) => id);
    return { context, known: context.known, clock, requests, next, intake };
  };

  it("is asked for again where those that cannot be begun stand before those that can", async () => {
    const rows = Array.from({ length: 100 }, (_, id) => row(id, { uploaded: id >= 90 }));
    const { next, requests } = await intakeOf(rows);
    expect(await next(3)).toEqual([90, 91, 92]);
    expect(requests.map((path) => path.split("maxCount=")[1])).toEqual(["10", "20", "40", "80", "160"]);
    // From then on they are known.
    expect(await next(2)).toEqual([93, 94]);
    expect(requests.length).toBe(5);
  });

  it("is not asked for again as long as it is fresh", async () => {
    const { next, requests, clock } = await intakeOf([row(1), row(2), row(3)]);
    expect([await next(1), await next(1)]).toEqual([[1], [2]]);
    expect(requests.length).toBe(1);
    await clock.sleep(5000);
    expect(await next(1)).toEqual([1]);
    expect(requests.length).toBe(2);
  });

  it("is put in order, and nothing of it is taken that is not this connector's to analyse", async () => {
    const { next } = await intakeOf([
      row(1, { connectorId: 6 }),
      row(2, { priority: -1 }),
      row(3, { priority: 2, analysisStatus: 3 }),
      row(4, { priority: 2, analysisStatus: 2 }),
      row(5, { id: null }),
      row(6),
    ]);
    expect(await next(9)).toEqual([4, 6, 2]);
  });

  it("says what can be forgotten", async () => {
    const rows = Array.from({ length: 5 }, (_, id) => row(id));
    const { next, known } = await intakeOf(rows);
    for (let id = 0; id < 5000; id++) Object.assign(known.begin(id), { state: "told" });
    Object.assign(known.begin(7777), { state: "running" });
    await next(1);
    expect(known.size).toBe(6);
  });

  it("that is not the whole one is completed by what has become of the others", async () => {
    const rows = Array.from({ length: 900 }, (_, id) => row(id));
    const { next, known, requests } = await intakeOf(rows, { maxCount: 1 });
    Object.assign(known.begin(800), { state: "waiting", due: Number.MAX_SAFE_INTEGER });
    for (let id = 5000; id < 5300; id++) Object.assign(known.begin(id), { state: "told" });
    await next(1);
    expect(known.size).toBe(1);
    expect(requests.filter((path) => path.includes("q=id:")).length).toBe(2);
  });
});

describe("a run", () => {
  it("lets no hand rest while there is work, also one that becomes free while the list is read", async () => {
    const rows = [1, 2, 3, 4].map((id) => row(id));
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let lists = 0;
    const { run, clock } = await given(rows, {
      pendingAnalysis: async ({ query }) => {
        if (++lists === 2) release();
        while (lists === 2 && rows.some(({ id }) => id === 2)) await turn();
        return rows.slice(0, Number(query.get("maxCount")));
      },
    });
    const began = clock.now();
    const times: number[] = [];
    await run(4, {
      interval: 3_600_000,
      concurrency: 2,
      maxCount: 1,
      analyse: async ({ id }) => {
        times.push(clock.now() - began);
        if (id === 2) await released;
        if (id === 3) await clock.sleep(1000);
        return { result: 1 };
      },
    });
    expect(times).toEqual([0, 0, 0, 0]);
  });

  it("warns of nothing, however many are analysed at a time", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => void warnings.push(warning.message);
    process.on("warning", listen);
    let failures = 0;
    const rows = Array.from({ length: 30 }, (_, id) => row(id + 100));
    const { run } = await given(rows, {
      notification: ({ body }) => {
        if (failures++ < 30) return { status: 503, text: "" };
        rows.splice(
          rows.findIndex(({ id }) => id === (body as { fileAnalysisId: number }).fileAnalysisId),
          1,
        );
        return { status: 201, text: "" };
      },
    });
    expect(await run(30, { concurrency: 30, maxCount: 40, analyse: () => ({ result: 1 }) })).toMatchObject({
      analysed: 30,
    });
    await turn();
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });

  it("of what no server knows registers it first, and of the server's own connector is refused", async () => {
    const { cb, told } = await given([], {
      connector: ({ method, body }) => (method === "GET" ? [] : { ...(body as object), ...{ id: 9 } }),
    });
    const values = { ...registration, id: undefined, isInternal: undefined, canAnalyze: true };
    const { id: _, isInternal: __, ...own } = values;
    const connector = cb.create(Connector, { ...own, enabled: true, analysisEnabled: true });
    const statistics = await connector.run({ analyse: () => ({ result: 1 }), timeout: 5000 });
    expect(told()).toEqual([["POST connector", { ...own, enabled: true, analysisEnabled: true }]]);
    expect(statistics).toEqual({ analysed: 0, failed: 0, refused: 0, deferred: 0, gone: 0, left: 0 });
    const theirs = await protectionServer({ "connector/2": { ...registration, id: 2, isInternal: true } });
    const internal = theirs.cb.select(Connector, 2).run({ analyse: () => ({ result: 1 }) });
    await expect(internal).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("that is stopped before it begins asks for nothing", async () => {
    const { cb, requests } = await given([row(61)]);
    const connector = await cb.select(Connector, 5);
    requests.length = 0;
    await connector.run({ analyse: () => ({ result: 1 }), signal: AbortSignal.abort() });
    expect(requests).toEqual([]);
  });

  it("ends with what its listeners throw, once the server knows what is known", async () => {
    for (const listener of ["onResult", "onError"] as const) {
      const fault = new Error("the disk with the log is full");
      const { run, told } = await given([row(61), row(62)], {
        ...(listener === "onError" && { notification: () => refusal(400) }),
      });
      const running = run(99, {
        analyse: () => ({ result: 1 }),
        [listener]: () => Promise.reject(fault),
      });
      await expect(running).rejects.toBe(fault);
      expect(told().length).toBe(listener === "onResult" ? 1 : 2);
    }
  });

  it.each([
    ["a token that is not accepted", { status: 401, text: '{"Message":"Unauthorized"}' }, "UNAUTHORIZED"],
    [
      "a permission that is missing",
      { status: 401, text: '{"Message":"You need the permission \\"Extend connectors through API\\""}' },
      "MISSING_PERMISSION",
    ],
    ["a list that is refused", refusal(400, "connectorId"), "CLIENT_ERROR"],
  ])("ends with %s", async (_, answer, code) => {
    const { run, told } = await given([row(61)], { pendingAnalysis: () => answer });
    await expect(run(1, { analyse: () => ({ result: 1 }) })).rejects.toMatchObject({ code });
    expect(told()).toEqual([]);
  });

  it("leaves nothing of its own at the caller's signal", async () => {
    const { run } = await given([row(61)]);
    const stop = new AbortController();
    await run(1, { analyse: () => ({ result: 1 }), timeout: 1000, signal: stop.signal });
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });
});
