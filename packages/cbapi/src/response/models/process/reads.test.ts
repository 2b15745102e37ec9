// What a process reads once and shares, what its callers may stop, and answers that are no answers.
import { describe, expect, it, vi } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { HeldAnswers } from "../../../test-support/held-answers.js";
import { ApiError, CbApiError, Process, TimeoutError } from "../../index.js";

const ID = "00000001-0000-0500-01d3-8bc595148226";
const EVENTS = `/api/v4/process/${ID}/0/event`;
const SEGMENTS = `/api/v1/process/${ID}/segment`;
const SUMMARY = `/api/v1/process/${ID}/0`;
const HITS = `/api/v1/process/${ID}/0/threat_intel_hits`;
const moduleOf = (digit: string) => `2018-02-06 17:05:01.301|${digit.repeat(32)}|c:\\${digit}.dll`;

/** A server that holds its answers back. */
async function slowServer() {
  const held = new HeldAnswers();
  const server = await edrServer({
    [SUMMARY]: held.route({ process: { id: ID }, children: [], siblings: [] }),
    [EVENTS]: held.route({ process: { id: ID, modload_complete: [moduleOf("a")] } }),
    [SEGMENTS]: held.route({ process: { segments: [{ unique_id: `${ID}-000000000007` }] } }),
    [HITS]: held.route([]),
  });
  return { ...server, held };
}

/** A process of which only the key is known. */
async function bare(cb: Awaited<ReturnType<typeof edrServer>>["cb"]): Promise<Process> {
  await cb.connect();
  return new Process({ client: cb, key: ID });
}

describe("what several callers read at the same time", () => {
  it.each([
    ["events", EVENTS, (proc: Process, options?: object) => proc.allModloads(options)],
    ["events of the segment", EVENTS, (proc: Process, options?: object) => proc.segmentEvents(options)],
    ["segments", SEGMENTS, (proc: Process, options?: object) => proc.getSegments(options)],
  ])("goes on for the others when the first goes away: %s", async (_, path, read) => {
    const { cb, requests, held } = await slowServer();
    const proc = await bare(cb);
    const leaving = read(proc, { signal: held.signal });
    const staying = read(proc);
    await expect(leaving).rejects.toThrow("gone");
    held.release();
    await staying;
    await read(proc);
    expect(requests).toEqual([path]);
  });

  it("is stopped when all have gone, and read again by whoever comes then", async () => {
    const { cb, requests, held } = await slowServer();
    const proc = await bare(cb);
    await expect(proc.allModloads({ signal: held.signal })).rejects.toThrow("gone");
    held.release();
    expect(await proc.allModloads()).toHaveLength(1);
    expect(requests).toEqual([EVENTS, EVENTS]);
  });

  it("leaves each its own time", async () => {
    const { cb, held } = await slowServer();
    const proc = await bare(cb);
    const hasty = proc.allModloads({ timeout: 20 });
    const patient = proc.allModloads();
    await expect(hasty).rejects.toThrow(TimeoutError);
    held.release();
    expect(await patient).toHaveLength(1);
  });

  it("is asked for again after a failure", async () => {
    let calls = 0;
    const { cb } = await edrServer({
      [EVENTS]: () => (calls++ === 0 ? { status: 500, text: "" } : { process: { id: ID } }),
    });
    const proc = await bare(cb);
    await expect(proc.allModloads()).rejects.toThrow(CbApiError);
    expect(await proc.allModloads()).toEqual([]);
  });
});

describe("a caller's options", () => {
  it.each([
    "getDepth",
    "getSiblings",
    "getChildren",
    "childProcesses",
    "segmentEvents",
    "getUnsignedModloads",
    "getTamperEvents",
    "getThreatIntelHits",
  ] as const)("stop %s", async (name) => {
    const { cb, requests, held } = await slowServer();
    const proc = await bare(cb);
    await expect(proc[name]({ signal: held.signal })).rejects.toThrow("gone");
    expect(requests).toHaveLength(1);
    // On a busy machine the time may be over before anything has been sent.
    await expect(proc[name]({ timeout: 20 })).rejects.toThrow(TimeoutError);
    expect(new Set(requests).size).toBe(1);
  });

  it("hold for the binaries that unsigned modules need", async () => {
    const held = new HeldAnswers();
    const { cb } = await edrServer({
      [EVENTS]: { process: { id: ID, modload_complete: [moduleOf("a"), moduleOf("b")] } },
      "/api/v1/binary": held.route({ total_results: 0, results: [] }),
    });
    const proc = await bare(cb);
    await expect(proc.getUnsignedModloads({ signal: held.signal })).rejects.toThrow("gone");
  });

  it("leave the getters as they were", async () => {
    const { cb } = await edrServer({
      [SUMMARY]: { process: { id: ID }, children: [], siblings: [] },
      [EVENTS]: { process: { id: ID, modload_complete: [moduleOf("a")] } },
      [HITS]: [{ ioc: "x" }],
      [`/api/v1/binary/${"A".repeat(32)}/summary`]: { md5: "A".repeat(32), digsig_result: "Unsigned" },
    });
    const proc = await bare(cb);
    expect(await proc.depth).toBe(0);
    expect([...(await proc.siblings), ...(await proc.children), ...(await proc.tamper_events)]).toEqual([]);
    expect(await proc.modloads).toEqual((await proc.segmentEvents()).modloads);
    expect(await proc.unsigned_modloads).toHaveLength(1);
    expect(await proc.all_events).toEqual(await proc.all_events_segment);
    expect(await proc.threat_intel_hits).toEqual([{ ioc: "x" }]);
  });
});

describe("unsigned modules", () => {
  it("are those without a good signature, and those that the server does not have", async () => {
    const signature = (digit: string, digsig_result: string) => ({
      md5: digit.repeat(32).toUpperCase(),
      digsig_result,
    });
    const { cb, requests } = await edrServer({
      [EVENTS]: { process: { id: ID, modload_complete: ["a", "b", "c", "a"].map(moduleOf) } },
      "/api/v1/binary": { total_results: 2, results: [signature("a", "Signed"), signature("b", "Unsigned")] },
    });
    const proc = await bare(cb);
    expect((await proc.unsigned_modloads).map(({ path }) => path)).toEqual(["c:\\b.dll", "c:\\c.dll"]);
    expect(requests.filter((path) => path.startsWith("/api/v1/binary?"))).toHaveLength(1);
  });
});

describe("an answer that is none", () => {
  const nothing = { status: 204, text: "" };

  it.each([
    ["nothing", nothing],
    ["a list", [1]],
    ["a text", "x"],
    ["null", null],
  ])("is an error of the library: %s", async (_, answer) => {
    const routes = { [EVENTS]: answer, [SEGMENTS]: answer, [SUMMARY]: answer } as Record<string, Answer>;
    const { cb } = await edrServer(routes);
    const proc = await bare(cb);
    await expect(proc.allModloads()).rejects.toThrow(ApiError);
    await expect(proc.segments()).rejects.toThrow(ApiError);
    await expect(proc.load()).rejects.toThrow(ApiError);
  });

  it("has no events, segments and relatives where parts of it are missing or odd", async () => {
    const { cb } = await edrServer({
      [EVENTS]: { process: null },
      [SEGMENTS]: { process: { segments: [null, "x", { segment_id: 3 }] } },
      [SUMMARY]: { process: { id: ID }, parent: "x", children: [null, 5], siblings: {} },
      [HITS]: nothing,
    });
    const proc = await bare(cb);
    expect(await proc.allModloads()).toEqual([]);
    expect(await proc.getSegments()).toEqual([3]);
    expect([...(await proc.children), ...(await proc.siblings)]).toEqual([]);
    expect(await proc.threat_intel_hits).toEqual([]);
    await expect(
      (await edrServer({ [SUMMARY]: { process: null } })).cb.select(Process, ID).process_name,
    ).rejects.toThrow(ApiError);
  });

  it("with events of a process makes nobody believe that the process is known", async () => {
    const { cb } = await edrServer({
      [EVENTS]: { process: { id: ID, netconn_complete: [] } },
      [SUMMARY]: { process: { id: ID, process_name: "a.exe", cmdline: "a.exe /x" } },
    });
    const ref = cb.select(Process, ID);
    expect(await ref.netconns).toEqual([]);
    expect(await ref.cmdline).toBe("a.exe /x");
  });
});

describe("the id", () => {
  it("is taken apart once", async () => {
    const { cb } = await edrServer({});
    const proc = await bare(cb);
    const matches = vi.spyOn(RegExp.prototype, "exec");
    const matchesOfId = () => matches.mock.calls.filter(([text]) => text === ID).length;
    const first = [proc.id, matchesOfId()] as const;
    const ids = Array.from({ length: 100 }, () => proc.id);
    const after = matchesOfId();
    matches.mockRestore();
    expect(first).toEqual([ID, expect.toSatisfy((count: number) => count > 0, "is taken apart")]);
    expect(new Set(ids)).toEqual(new Set([ID]));
    expect(after).toBe(first[1]);
  });
});
