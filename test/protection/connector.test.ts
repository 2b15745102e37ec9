// A connector at work on a server that does what App Control servers do: agents upload files, others work on the same
// analyses, and the server is out of order at times.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { FaultAction } from "@cbapi/sandbox";
import {
  type AnalysisContext,
  type AnalysisOutcome,
  type AnalysisReport,
  AnalysisResult,
  AnalysisStatus,
  CbProtectionAPI,
  Connector,
  type ConnectorProblem,
  type ConnectorRunOptions,
  type ConnectorStatistics,
  Event,
  FileAnalysis,
  PendingAnalysis,
  UnauthorizedError,
} from "cbapi/protection";
import fc from "fast-check";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { sandbox, useSandbox } from "../support/given.js";
import { SteppedClock } from "../support/stepped-clock.js";

const API = "/api/bit9platform/v1";
const NOTIFICATION = { method: "POST", path: `${API}/notification` } as const;
const CLEAN = { result: AnalysisResult.Clean } as const;

useSandbox({}, { fresh: true });

/** What a test works with: its clock is the sandbox's, which goes on while everybody waits. */
let cb: CbProtectionAPI;
let clock: SteppedClock;
let connector: Connector;

const clientOf = (options: { token?: string; clock?: SteppedClock } = {}): CbProtectionAPI => {
  const { url, token, caFile } = sandbox;
  return new CbProtectionAPI({ url, token, ...(caFile === undefined ? {} : { sslCertFile: caFile }), ...options });
};

beforeEach(async () => {
  clock = new SteppedClock(sandbox);
  cb = clientOf({ clock });
  connector = await Connector.register(cb, { name: "Lab", connectorVersion: "1.0" });
  return async () => {
    await clock.stop();
    await cb.close();
  };
});

/** Asks for the analysis of these files of the catalog; their agents upload them within two seconds. */
async function order(files: readonly number[], values: (index: number) => object = () => ({})): Promise<number[]> {
  const ids: number[] = [];
  for (const [index, fileCatalogId] of files.entries()) {
    const wanted = { fileCatalogId, connectorId: connector.id, computerId: 0, ...values(index) };
    ids.push(Number((await cb.create(FileAnalysis, wanted).save()).id));
  }
  return ids;
}
const some = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const uploaded = (): Promise<void> => clock.sleep(3000);

/** The status and the result of each analysis, by its id. */
async function ends(): Promise<Map<number, readonly [number | undefined, number | undefined]>> {
  const all = await cb
    .select(FileAnalysis)
    .where({ connectorId: Number(connector.id) })
    .all();
  return new Map(all.map(({ id, analysisStatus, analysisResult }) => [Number(id), [analysisStatus, analysisResult]]));
}

/** How many notifications the server has taken, and how many it has refused. */
function notifications(): { taken: number; refused: number } {
  const all = sandbox.requests.entries().filter(({ path, method }) => method === "POST" && path === NOTIFICATION.path);
  const taken = all.filter(({ status }) => status === 201).length;
  return { taken, refused: all.filter(({ status }) => status >= 400 && status < 500).length };
}

/** Runs the connector until this many files have ended, one way or another. */
class Run {
  readonly reports: AnalysisReport[] = [];
  readonly problems: ConnectorProblem[] = [];
  readonly stop = new AbortController();
  readonly ended: Promise<ConnectorStatistics>;

  constructor(analyse: ConnectorRunOptions["analyse"], until: number, options: Partial<ConnectorRunOptions> = {}) {
    this.ended = connector.run({
      interval: 5000,
      signal: this.stop.signal,
      analyse,
      ...options,
      onResult: (report) => {
        this.reports.push(report);
        if (this.reports.filter(({ outcome }) => outcome !== "deferred").length >= until) this.stop.abort();
      },
      onError: (problem) => void this.problems.push(problem),
    });
  }

  get outcomes(): (readonly [number, string])[] {
    return this.reports.map(({ pending, outcome }) => [Number(pending.id), outcome] as const);
  }
}

/** Settles with the signal, as work that heeds it does. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));

describe("registering a connector", () => {
  const register = (more: object = {}) => Connector.register(cb, { name: "Lab", connectorVersion: "1.0", ...more });
  const writes = () =>
    sandbox.requests
      .entries()
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path.slice(API.length)}`);

  it("happens once, however often and by however many it is done", async () => {
    sandbox.requests.clear();
    const [first, second] = await Promise.all([register({ name: "New" }), register({ name: "new" })]);
    expect([first.id, first.name, first.analysisName, first.canAnalyze]).toEqual([second.id, "New", "New", true]);
    expect(writes()).toEqual(["POST /connector", `PUT /connector/${first.id}`]);
    expect((await register()).id).toBe(connector.id);
    expect(writes().length).toBe(2);
  });

  it("changes what is different, and leaves switched off what somebody has switched off", async () => {
    await connector.set({ analysisEnabled: false, enabled: false }).save();
    sandbox.requests.clear();
    const updated = await register({ connectorVersion: "1.1" });
    expect(updated).toMatchObject({ connectorVersion: "1.1", enabled: false, analysisEnabled: false });
    expect(await register({ connectorVersion: "1.1", enabled: true })).toMatchObject({ enabled: true });
    expect(writes()).toEqual([`PUT /connector/${connector.id}`, `PUT /connector/${connector.id}`]);
  });

  it("can be tried, and says nothing when nothing is to be done", async () => {
    sandbox.requests.clear();
    const registration = { name: "Other", connectorVersion: "2.0" };
    const plan = await Connector.register(cb, registration, { dryRun: true });
    expect(plan?.requests).toMatchObject([{ method: "POST", body: { ...registration, analysisName: "Other" } }]);
    expect(
      await Connector.register(cb, { name: "LAB", analysisName: "Lab", connectorVersion: "1.0" }, { dryRun: true }),
    ).toBe(undefined);
    expect(writes()).toEqual([]);
  });

  it("takes any answer of the server's for what it is", async () => {
    for (const writeAnswers of ["id", "empty"]) {
      sandbox.behaviour.writeAnswers = writeAnswers;
      // Whoever is told nothing has to ask for the id.
      expect((await register({ name: `Answers ${writeAnswers}` })).id).toBeGreaterThan(0);
      expect((await register({ name: `Answers ${writeAnswers}`, connectorVersion: "2" })).connectorVersion).toBe("2");
    }
  });

  it("needs a name, a version, and a name that is not the server's", async () => {
    const internal = await cb.select(Connector).where({ isInternal: true }).first();
    await expect(register({ name: internal?.name })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(register({ name: " " })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(register({ connectorVersion: undefined })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("a connector", () => {
  it("analyses what is pending, the highest priority first, and the server knows the results", async () => {
    const ids = await order(some(9), (index) => ({ priority: (index % 3) - 1 }));
    await uploaded();
    const sizes = new Map<number, number>();
    const run = new Run(async (pending, { file }) => {
      let size = 0;
      for await (const chunk of file.stream()) size += (chunk as Uint8Array).length;
      sizes.set(pending.id, size);
      return pending.id % 2 === 0 ? CLEAN : { result: AnalysisResult.Malicious, malwareName: `Evil.${pending.id}` };
    }, 9);
    expect(await run.ended).toEqual({ analysed: 9, failed: 0, refused: 0, deferred: 0, gone: 0, left: 0 });
    expect(run.reports.map(({ pending }) => pending.priority)).toEqual([1, 1, 1, 0, 0, 0, -1, -1, -1]);
    expect(await ends()).toEqual(new Map(ids.map((id) => [id, [AnalysisStatus.Analyzed, id % 2 === 0 ? 1 : 3]])));
    for (const { pending } of run.reports) expect(sizes.get(Number(pending.id))).toBe(pending.uploadedFileSize);
    const evil = await cb.select(Event).where("indicatorName:Evil.*").all();
    expect(evil.length).toBe(ids.filter((id) => id % 2 === 1).length);
    expect(run.problems).toEqual([]);
  });

  it("begins with what was ordered last when that is more urgent", async () => {
    await order(some(3));
    await uploaded();
    const run = new Run(async ({ fileCatalogId }) => {
      if (fileCatalogId === 1) {
        await order([40], () => ({ priority: 2 }));
        await clock.sleep(10_000);
      }
      return CLEAN;
    }, 4);
    await run.ended;
    expect(run.reports.map(({ pending }) => pending.fileCatalogId)).toEqual([1, 40, 2, 3]);
  });

  it("does not wait for files that are not there, however many there are before those that are", async () => {
    const [ready] = await order([30], () => ({ priority: -2 }));
    await uploaded();
    const record = (await cb.object("pendingAnalysis").get(Number(ready))) as object;
    const late = Array.from({ length: 24 }, (_, index) => 1000 + index);
    const put = (isThere: boolean) => {
      const now = { dateCreated: clock.now(), dateModified: clock.now() };
      // biome-ignore lint/suspicious/noExplicitAny: as the server keeps it
      const each = (id: number): any => ({ ...record, ...now, id, computerId: 1, priority: 2, uploaded: isThere });
      return Promise.all(late.map((id) => sandbox.put("protection_fileAnalysis", each(id))));
    };
    await put(false);
    const run = new Run(() => CLEAN, 25, { maxCount: 3 });
    await clock.sleep(20_000);
    expect(run.outcomes).toEqual([[ready, "analysed"]]);
    await put(true);
    expect(await run.ended).toMatchObject({ analysed: 25 });
  });

  it("can have files before they are there, and gets them again when they are", async () => {
    const [first, second] = await order([1, 2]);
    const handed: unknown[] = [];
    const run = new Run(
      async (pending, { file, deferrals, attempt }) => {
        handed.push([pending.id, pending.uploaded, deferrals, attempt]);
        if (pending.id === first && deferrals === 0) return { defer: "uploaded" };
        // Reading it all the same comes to the same.
        return { result: (await file.read(2)).toString() === "MZ" ? 1 : 3 };
      },
      2,
      { waitForUpload: false },
    );
    expect(await run.ended).toMatchObject({ analysed: 2, deferred: 2, failed: 0 });
    expect(handed).toEqual([
      ...[first, second].map((id) => [id, false, 0, 1]),
      ...[first, second].map((id) => [id, true, 1, 1]),
    ]);
    expect(run.reports.slice(0, 2)).toMatchObject([{ until: "uploaded" }, { until: "uploaded" }]);
  });

  it("takes up again later what is deferred, and does other things meanwhile", async () => {
    const [first, second] = await order([1, 2], (index) => ({ priority: 1 - index }));
    await uploaded();
    const began: (readonly [number, number])[] = [];
    const run = new Run(async ({ id }, { deferrals }) => {
      began.push([id, clock.now()]);
      return id === first && deferrals < 2 ? { defer: 12_000, reason: "the limit is reached" } : CLEAN;
    }, 2);
    await run.ended;
    expect(began.map(([id]) => id)).toEqual([first, second, first, first]);
    const times = began.filter(([id]) => id === first).map(([, at]) => at);
    for (const [index, at] of times.slice(1).entries()) {
      const waited = at - Number(times[index]);
      expect(waited).toBeGreaterThanOrEqual(12_000);
      expect(waited).toBeLessThanOrEqual(14_000);
    }
    expect(run.reports[0]).toMatchObject({
      outcome: "deferred",
      reason: "the limit is reached",
      until: expect.any(Date),
    });
  });

  it("cancels what is not to be analysed, and says what could not be", async () => {
    const [refused, failed] = await order([1, 2]);
    await uploaded();
    const attempts: number[] = [];
    const run = new Run(({ id }, { attempt }) => {
      if (id === refused) return { cancel: "too large" };
      attempts.push(attempt);
      throw new Error(`cannot unpack \u001b[2J with ${sandbox.token}\n    at secret.ts:3`);
    }, 2);
    expect(await run.ended).toMatchObject({ analysed: 0, refused: 1, failed: 1 });
    expect(attempts).toEqual([1, 2, 3]);
    expect(run.problems.map(({ during, retryIn }) => [during, retryIn])).toEqual([
      ["analysis", 5000],
      ["analysis", 10_000],
      ["analysis", undefined],
    ]);
    expect(await ends()).toEqual(
      new Map([
        [refused, [AnalysisStatus.Cancelled, 0]],
        [failed, [AnalysisStatus.Error, 0]],
      ]),
    );
    const { analysisError } = (await cb.object("pendingAnalysis").get(Number(failed))) as { analysisError: string };
    expect(analysisError).toMatch(/^cannot unpack \[2J with \S+ at secret\.ts:3$/);
    expect(analysisError).not.toContain(sandbox.token);
    expect(run.reports.find(({ outcome }) => outcome === "refused")).toMatchObject({ reason: "too large" });
  });

  it("tells how far it has come, each step once, and never back", async () => {
    const [id] = await order([1]);
    await uploaded();
    const seen: unknown[] = [];
    const run = new Run(async (pending, { reportProgress }) => {
      for (const status of [1, 1, 2, 1] as const) {
        await reportProgress(status);
        seen.push((await cb.select(FileAnalysis, pending.id, { refresh: true })).analysisStatus);
      }
      await expect(reportProgress(3 as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      return CLEAN;
    }, 1);
    await run.ended;
    expect(seen).toEqual([1, 1, 2, 2]);
    const puts = sandbox.requests.entries().filter(({ method, path }) => method === "PUT" && path.endsWith(`/${id}`));
    expect(puts.length).toBe(2);
  });

  it("tells no step after the end, though nobody waits for the step", async () => {
    await order(some(4));
    await uploaded();
    const steps: Promise<void>[] = [];
    const run = new Run((_, { reportProgress }) => {
      steps.push(reportProgress(AnalysisStatus.Processed), reportProgress(AnalysisStatus.Submitted));
      return CLEAN;
    }, 4);
    expect(await run.ended).toMatchObject({ analysed: 4 });
    await Promise.all(steps);
    expect([run.problems, sandbox.requests.entries().filter(({ status }) => status >= 400)]).toEqual([[], []]);
  });

  it("names files by their hashes, whatever the endpoint and the server call them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cbapi connector "));
    onTestFinished(() => rm(folder, { recursive: true }));
    const names = ["..\\..\\evil.exe", "../../../../tmp/evil", "/etc/passwd", "a\u0000b", "\u001b[2J.exe", ".", ""];
    const ids = await order(some(names.length + 1));
    await uploaded();
    const hashes: string[] = [];
    for (const [index, id] of ids.entries()) {
      const record = (await cb.object("pendingAnalysis").get(id)) as Record<string, unknown>;
      // The last one has no hash that is one.
      const noHash = index === names.length ? { sha256: "../../x", sha1: "..", md5: "a/b" } : {};
      if (index < names.length) hashes.push(`${String(record["sha256"])}.dat`);
      await sandbox.put("protection_fileAnalysis", {
        ...{ ...record, computerId: 1, dateCreated: clock.now(), dateModified: clock.now() },
        ...{ fileName: names[index] ?? "x", pathName: names[index] ?? "x", ...noHash },
        // biome-ignore lint/suspicious/noExplicitAny: as the server keeps it
      } as any);
    }
    const run = new Run(
      async (_, { file }) => {
        await file.saveTo(folder);
        return CLEAN;
      },
      ids.length,
      { attempts: 1 },
    );
    expect(await run.ended).toMatchObject({ analysed: names.length, failed: 1 });
    expect((await readdir(folder)).sort()).toEqual(hashes.sort());
  });

  it("analyses no more files at a time than it may, and none twice at a time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 5 }),
        async (times, concurrency) => {
          const ids = await order(some(times.length));
          const under = new Set<number>();
          let most = 0;
          const run = new Run(
            async ({ id }, { deferrals, attempt }) => {
              expect(under.has(id)).toBe(false);
              under.add(id);
              most = Math.max(most, under.size);
              const time = times[ids.indexOf(id)] ?? 0;
              await clock.sleep(time);
              under.delete(id);
              if (time % 3 === 1 && deferrals === 0) return { defer: time };
              if (time % 3 === 2 && attempt === 1) throw new Error("once");
              return CLEAN;
            },
            times.length,
            { concurrency, interval: 2000 },
          );
          expect(await run.ended).toMatchObject({ analysed: times.length });
          expect(most).toBeLessThanOrEqual(concurrency);
          expect(
            run.outcomes
              .filter(([, outcome]) => outcome === "analysed")
              .map(([id]) => id)
              .sort(),
          ).toEqual([...ids].sort());
        },
      ),
      { numRuns: 6, seed: 11 },
    );
  });
});

describe("what others do meanwhile", () => {
  it("is no error: an analysis that has ended is left alone", async () => {
    const [a, b, c, d] = await order(some(4));
    await uploaded();
    const end = (id: number, values: Readonly<Record<string, unknown>>) =>
      cb.object("pendingAnalysis").update(id, values);
    let reason: unknown;
    const run = new Run(
      async ({ id }, { reportProgress, signal }) => {
        if (id === d) return CLEAN;
        await end(id, id === b ? { analysisStatus: 5 } : { analysisStatus: 3, analysisResult: 1 });
        if (id === a) return CLEAN;
        if (id === b) throw new Error("its file is gone");
        await reportProgress(AnalysisStatus.Submitted).catch((error: unknown) => {
          reason = error;
        });
        expect(signal.aborted).toBe(true);
        return CLEAN;
      },
      4,
      { attempts: 1 },
    );
    expect(await run.ended).toEqual({ analysed: 1, failed: 0, refused: 0, deferred: 0, gone: 3, left: 0 });
    expect(reason).toMatchObject({ code: "ANALYSIS_GONE" });
    expect((await ends()).get(Number(c))).toEqual([3, 1]);
    expect(run.outcomes).toEqual([...[a, b, c].map((id) => [id, "gone"] as const), [d, "analysed"]]);
  });

  it("may be done by a second connector of the same kind: each analysis ends once", async () => {
    const ids = await order(some(12));
    await uploaded();
    sandbox.requests.clear();
    const work = async (): Promise<AnalysisOutcome> => {
      await clock.sleep(1500);
      return CLEAN;
    };
    const [first, second] = [new Run(work, 99, { concurrency: 3 }), new Run(work, 99, { concurrency: 2 })];
    while ([...(await ends()).values()].some(([status]) => status !== 3)) await clock.sleep(1000);
    await clock.sleep(6000);
    for (const { stop } of [first, second]) stop.abort();
    const [one, two] = await Promise.all([first.ended, second.ended]);
    expect(one.analysed + two.analysed).toBe(ids.length);
    expect(notifications().taken).toBe(ids.length);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });
});

describe("a server that is out of order", () => {
  it.each<[string, FaultAction]>([
    ["carries the report out and loses the answer", { reset: true, carriedOut: true }],
    ["drops the connection", { reset: true }],
    ["is being restarted", { status: 503 }],
    ["fails", { status: 500 }],
    ["has a proxy before it that shows a page", { html: true, status: 502 }],
  ])("and %s has each result once", async (_, action) => {
    const ids = await order(some(5));
    await uploaded();
    sandbox.requests.clear();
    sandbox.faults.add({ match: { ...NOTIFICATION, times: 3 }, do: action });
    const handed: number[] = [];
    const run = new Run(({ id }) => {
      handed.push(id);
      return CLEAN;
    }, 5);
    expect(await run.ended).toMatchObject({ analysed: 5, failed: 0 });
    expect(handed).toEqual(ids);
    expect(await ends()).toEqual(new Map(ids.map((id) => [id, [3, 1]])));
    expect(notifications().refused).toBe(0);
    expect(run.problems.map(({ during }) => during)).toEqual(["report", "report", "report"]);
  });

  it("altogether, while a result is to be told, gets it when it is back; nothing is analysed twice", async () => {
    const ids = await order(some(6));
    await uploaded();
    const handed: number[] = [];
    const run = new Run(
      async ({ id }) => {
        handed.push(id);
        await clock.sleep(1000);
        if (handed.length === 2) {
          const [fault] = sandbox.faults.add({ match: { path: API }, do: { status: 503 } });
          void clock.sleep(240_000).then(() => sandbox.faults.remove(Number(fault)));
        }
        return CLEAN;
      },
      6,
      { concurrency: 2 },
    );
    expect(await run.ended).toMatchObject({ analysed: 6, failed: 0 });
    expect([...handed].sort()).toEqual(ids);
    expect(new Set(run.problems.map(({ during }) => during))).toEqual(new Set(["report"]));
    expect(run.problems.every(({ retryIn }) => retryIn !== undefined)).toBe(true);
  });

  it("when it lists what is pending is asked again, and told of", async () => {
    await order([1]);
    await uploaded();
    const [fault] = sandbox.faults.add({ match: { path: `${API}/pendingAnalysis` }, do: { reset: true } });
    const run = new Run(() => CLEAN, 1);
    await clock.sleep(100_000);
    expect(run.problems.length).toBeGreaterThan(2);
    expect(run.problems.every(({ during, retryIn }) => during === "list" && (retryIn ?? 0) >= 5000)).toBe(true);
    sandbox.faults.remove(Number(fault));
    expect(await run.ended).toMatchObject({ analysed: 1 });
  });

  it("for downloads only is no failure of the file", async () => {
    await order([1]);
    await uploaded();
    sandbox.behaviour.downloadsBusy = true;
    void clock.sleep(150_000).then(() => {
      sandbox.behaviour.downloadsBusy = false;
    });
    const attempts: number[] = [];
    const run = new Run(
      async (_, { file, attempt }) => {
        attempts.push(attempt);
        await file.read();
        return CLEAN;
      },
      1,
      { attempts: 1 },
    );
    expect(await run.ended).toMatchObject({ analysed: 1, failed: 0 });
    expect(attempts.length).toBeGreaterThan(2);
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(new Set(run.problems.map(({ during }) => during))).toEqual(new Set(["download"]));
  });

  it("hears of no progress, and of the result nevertheless", async () => {
    await order([1]);
    await uploaded();
    sandbox.faults.add({ match: { method: "PUT" }, do: { status: 500 } });
    const run = new Run(async (_, { reportProgress }) => {
      await reportProgress(AnalysisStatus.Submitted);
      return CLEAN;
    }, 1);
    expect(await run.ended).toMatchObject({ analysed: 1 });
    expect(run.problems).toMatchObject([{ during: "progress" }]);
    expect(run.problems[0]?.retryIn).toBeUndefined();
  });
});

describe("a token", () => {
  it("that is taken away ends the connector with that error; what is under way is told and left", async () => {
    const ids = await order(some(3));
    await uploaded();
    const { token } = sandbox.tokens.add({ username: "connector", globalAdmin: true });
    const own = clientOf({ token, clock });
    onTestFinished(() => own.close());
    connector = await Connector.register(own, { name: "Lab", connectorVersion: "1.0" });
    const reasons: unknown[] = [];
    const run = new Run(
      async ({ id }, { signal }) => {
        if (id === ids[0]) {
          await clock.sleep(1000);
          sandbox.tokens.remove(token);
          return CLEAN;
        }
        return untilAborted(signal).catch((error: unknown) => {
          reasons.push(error);
          throw error;
        });
      },
      99,
      { concurrency: 3 },
    );
    await expect(run.ended).rejects.toBeInstanceOf(UnauthorizedError);
    expect(reasons).toEqual([expect.any(UnauthorizedError), expect.any(UnauthorizedError)]);
    expect(run.outcomes.map(([, outcome]) => outcome)).toEqual(["left", "left", "left"]);
    expect([...(await ends()).values()].map(([status]) => status)).toEqual([0, 0, 0]);
  });

  it("without the permission ends it at once", async () => {
    const { token } = sandbox.tokens.add({ username: "reader", rights: ["View system configuration", "View files"] });
    const own = clientOf({ token, clock });
    onTestFinished(() => own.close());
    connector = await own.select(Connector, Number(connector.id));
    await expect(new Run(() => CLEAN, 1).ended).rejects.toMatchObject({ code: "MISSING_PERMISSION" });
    await expect(Connector.register(own, { name: "Other", connectorVersion: "1.0" })).rejects.toMatchObject({
      code: "MISSING_PERMISSION",
    });
  });
});

describe("a stop", () => {
  const running = async (
    analyse: (context: AnalysisContext, index: number) => Promise<AnalysisOutcome>,
    count: number,
    options: Partial<ConnectorRunOptions> = {},
  ) => {
    const ids = await order(some(count));
    await uploaded();
    let began = 0;
    const run = new Run(
      ({ id }, context) => {
        began++;
        return analyse(context, ids.indexOf(id));
      },
      99,
      { concurrency: count, ...options },
    );
    while (began < count) await turn();
    return { run, ids };
  };

  it("lets what is under way end, has its results told, and leaves the rest as it was", async () => {
    const { run, ids } = await running(async ({ signal, reportProgress }, index) => {
      if (index === 0) await reportProgress(AnalysisStatus.Submitted);
      return untilAborted(signal).catch((error: unknown) => {
        if (index === 1) return CLEAN;
        throw error;
      });
    }, 3);
    const [late] = await order([40]);
    run.stop.abort();
    expect(await run.ended).toEqual({ analysed: 1, failed: 0, refused: 0, deferred: 0, gone: 0, left: 2 });
    expect(await ends()).toEqual(
      new Map([
        [ids[0], [1, 0]],
        [ids[1], [3, 1]],
        [ids[2], [0, 0]],
        [late, [0, 0]],
      ]),
    );
    // The next one to start takes up what was left, also what was told of already.
    const next = new Run(() => CLEAN, 3);
    await next.ended;
    expect(next.outcomes.map(([id]) => id)).toEqual([ids[0], ids[2], late]);
  });

  it("does not wait for ever for code that does not heed it, and drops what comes of that", async () => {
    let finish = (_: AnalysisOutcome): void => {};
    const { run, ids } = await running(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      1,
      { stopTimeout: 20_000 },
    );
    const began = clock.now();
    run.stop.abort();
    expect(await run.ended).toMatchObject({ left: 1, analysed: 0 });
    expect(clock.now() - began).toBeGreaterThanOrEqual(20_000);
    sandbox.requests.clear();
    finish(CLEAN);
    await clock.sleep(3000);
    expect(sandbox.requests.entries()).toEqual([]);
    expect(await ends()).toEqual(new Map([[ids[0], [0, 0]]]));
  });

  it("gives up a result that the server does not take in time: it is had once more", async () => {
    const { run, ids } = await running(async ({ signal }) => untilAborted(signal).catch(() => CLEAN), 1);
    sandbox.faults.add({ match: { path: API }, do: { status: 503 } });
    run.stop.abort();
    expect(await run.ended).toMatchObject({ left: 1, analysed: 0 });
    sandbox.faults.clear();
    expect(await ends()).toEqual(new Map([[ids[0], [0, 0]]]));
  });

  it("comes by itself after a time, and ends an analysis that takes too long", async () => {
    const [id] = await order([1]);
    await uploaded();
    const reasons: unknown[] = [];
    const run = new Run(
      (_, { signal }) =>
        untilAborted(signal).catch((error: unknown) => {
          reasons.push(error);
          throw new Error("something was aborted");
        }),
      1,
      { analysisTimeout: 30_000, attempts: 2 },
    );
    expect(await run.ended).toMatchObject({ failed: 1 });
    expect(reasons).toMatchObject([{ code: "TIMEOUT" }, { code: "TIMEOUT" }]);
    const { analysisError } = (await cb.object("pendingAnalysis").get(Number(id))) as { analysisError: string };
    expect(analysisError).toBe("The analysis was not done within 30000 ms");
    const began = clock.now();
    expect(await new Run(() => CLEAN, 99, { timeout: 60_000 }).ended).toMatchObject({ analysed: 0 });
    expect(clock.now() - began).toBeGreaterThanOrEqual(60_000);
    expect(
      await cb
        .select(PendingAnalysis)
        .where({ connectorId: Number(connector.id) })
        .count(),
    ).toBe(0);
  });
});
