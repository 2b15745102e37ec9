import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Departure } from "./departures.js";
import { type Outcome, runAll } from "./runner.js";
import { type Exchange, readVectors, type Vector, vectorId } from "./vector.js";

const bundled = readVectors(fileURLToPath(new URL("../fixtures", import.meta.url)));

function fixture(id: string): Vector {
  const vector = bundled.find((file) => file.vector !== undefined && vectorId(file.vector) === id)?.vector;
  if (vector === undefined) throw new Error(`there is no fixture ${id}`);
  return vector;
}

async function run(vector: Vector, departures: readonly Departure[] = []): Promise<Outcome> {
  const [outcome] = await runAll([{ file: `${vector.name}.json`, vector }], departures);
  if (outcome === undefined) throw new Error("there is no outcome");
  return outcome;
}

const first = fixture("response/process-first");
const search = first.exchanges[2] as Exchange;

describe("the runner", () => {
  it("passes a vector that is met", async () => {
    expect(await run(first)).toMatchObject({ status: "passed", reasons: [], spared: [] });
  });

  it("fails on a parameter that differs", async () => {
    const query = search.request.query.map(([name, value]) => [name, name === "rows" ? "7" : value] as const);
    const changed = { ...search, request: { ...search.request, query } };
    const { status, reasons } = await run({ ...first, exchanges: first.exchanges.with(2, changed) });
    expect(status).toBe("failed");
    expect(reasons).toEqual([
      expect.stringMatching(/: parameter rows=7 is missing; parameter rows=1 was not recorded$/),
    ]);
  });

  it("fails on a recorded request that is never sent", async () => {
    const more: Exchange = { request: { method: "GET", path: "/api/v1/more", query: [] }, response: { status: 200 } };
    const { status, reasons } = await run({ ...first, exchanges: [...first.exchanges, more] });
    expect(status).toBe("failed");
    expect(reasons).toEqual(["never sent: GET /api/v1/more"]);
  });

  it("fails on a request that was not recorded", async () => {
    const { status, reasons } = await run({ ...first, exchanges: first.exchanges.slice(0, 2) });
    expect(status).toBe("failed");
    expect(reasons[0]).toMatch(/^sent and not recorded: GET \/api\/v1\/process\?/);
  });

  it("fails on the wrong order", async () => {
    const [info, partitions, ...rest] = first.exchanges as [Exchange, Exchange];
    const { reasons } = await run({ ...first, exchanges: [partitions, info, ...rest] });
    expect(reasons).toContain("GET /api/info was sent before GET /api/v1/storage/events/partition");
    const unordered = await run({ ...first, unordered: true, exchanges: [partitions, info, ...rest] });
    expect(unordered.status).toBe("passed");
  });

  it("fails on another token", async () => {
    const changed = { ...search, request: { ...search.request, headers: { "x-auth-token": "OTHER" } } };
    const { reasons } = await run({ ...first, exchanges: first.exchanges.with(2, changed) });
    expect(reasons).toEqual([expect.stringContaining('header x-auth-token is "TOKEN/CONN", recorded "OTHER"')]);
  });

  it("fails on another result, field by field", async () => {
    const value = { ...(first.result[2]?.value as object), process_pid: 1, cmdline: null };
    const { status, reasons } = await run({ ...first, result: first.result.with(2, { value }) });
    expect(status).toBe("failed");
    expect(reasons).toEqual([
      "step 2 (first q): process_pid: expected 1, got 1280",
      'step 2 (first q): cmdline: expected null, got "cmd.exe /c ipconfig 0"',
    ]);
  });

  it("fails when an error was expected, and when another one came", async () => {
    const error = { class: "ServerError", message: "Received error code 500 from API: x", error_code: 500 };
    const none = await run({ ...first, result: first.result.with(2, { error }) });
    expect(none.reasons).toEqual(["step 2 (first q): an error of class ServerError was expected; there was none"]);
    const refused = fixture("response/binary-bad-hash");
    const other = await run({ ...refused, result: refused.result.with(1, { error }) });
    expect(other.reasons[0]).toMatch(
      /^step 1 \(select Binary\): an error of class ServerError was expected; it is Invalid/,
    );
  });

  it("fails on text that was printed", async () => {
    const { reasons } = await run({ ...first, result: first.result.with(1, { value: null, printed: "x" }) });
    expect(reasons).toEqual(['step 1 (query Process): the recorded client printed "x"; the library prints nothing']);
  });

  it("counts a file that is no vector as failed", async () => {
    const [outcome] = await runAll([{ file: "x.json", problem: "is no vector: it holds no object" }]);
    expect(outcome).toMatchObject({ status: "failed", reasons: ["is no vector: it holds no object"] });
  });
});

describe("what the library does not have", () => {
  const step = { do: "connect" };
  const base: Vector = { name: "v", product: "response", title: "", call: [step], result: [{}], exchanges: [] };
  const reasons = async (change: Partial<Vector>): Promise<readonly string[]> => {
    const outcome = await run({ ...base, ...change });
    expect(outcome.status).toBe("unsupported");
    return outcome.reasons;
  };

  it("is named, and nothing is run", async () => {
    expect(await reasons({ product: "telepathy" })).toEqual(["product telepathy"]);
    expect(await reasons({ call: [step, { do: "select", model: "Nothing", id: 1 }], result: [{}, {}] })).toEqual([
      "model Nothing",
    ]);
    const query = { do: "query", model: "Sensor", as: "q", chain: [["think_hard"]] };
    const call = { do: "call", on: "q", method: "think_harder" };
    expect(await reasons({ call: [step, query, call], result: [{}, {}, {}] })).toEqual([
      "method SensorQuery.thinkHard",
      "method SensorQuery.thinkHarder",
    ]);
    expect(await reasons({ call: [step, { do: "dance" }], result: [{}, {}] })).toEqual(['step "dance"']);
    const exchange: Exchange = {
      request: { method: "GET", path: "/", query: [] },
      response: { fault: "the cable is on fire" },
    };
    expect(await reasons({ exchanges: [exchange] })).toEqual(['failure "the cable is on fire"']);
    expect(await reasons({ call: [{ do: "credentials", product: "telepathy", files: {}, environment: {} }] })).toEqual([
      "product telepathy",
    ]);
  });
});

describe("departures", () => {
  const { length } = first.call;
  const row = { vector: "response/process-first", step: length - 1, meets: "fault 0", why: "of a test" };
  const wrong = {
    ...first,
    result: first.result.with(-1, { value: { ...(first.result.at(-1)?.value as object), process_pid: 1 } }),
  };

  it("accept what the table says in place of the recording, and are reported", async () => {
    const outcome = await run(wrong, [{ ...row, at: ["process_pid"], recorded: 1, accepted: 1280 }]);
    expect(outcome.status).toBe("passed");
    expect(outcome.departures).toEqual(["response/process-first, step 2, process_pid: of a test (fault 0)"]);
  });

  it("accept nothing else", async () => {
    const outcome = await run(wrong, [{ ...row, at: ["process_pid"], recorded: 1, accepted: 1281 }]);
    expect(outcome.reasons).toEqual(["step 2 (first q): process_pid: expected 1281, got 1280"]);
  });

  it("fail the run when they are not needed", async () => {
    const { status, reasons } = await run(first, [{ ...row, at: ["process_pid"], recorded: 1280, accepted: 1280 }]);
    expect(status).toBe("failed");
    expect(reasons[0]).toContain("a departure is not needed, remove it from the table");
  });

  it("fail the run when the recording says something else", async () => {
    const { reasons } = await run(first, [{ ...row, at: ["process_pid"], recorded: 1, accepted: 1280 }]);
    expect(reasons[0]).toContain("the recording no longer says what the table says");
  });
});

describe("pauses and failures of the connection", () => {
  it("are compared on the clock of the recording", async () => {
    const retried = fixture("errors/retry-502");
    const exchanges = retried.exchanges.map((exchange) => ({ ...exchange }));
    const last = exchanges.pop() as Exchange;
    const patient = await run({ ...retried, exchanges: [...exchanges, { ...last, waitedSeconds: 0.5 }] });
    expect(patient).toMatchObject({ status: "passed" });
    const impatient = await run({ ...retried, exchanges: [...exchanges, { ...last, waitedSeconds: 60 }] });
    expect(impatient.reasons[0]).toMatch(/was sent after a pause of [\d.]+ s, recorded 60 s$/);
  });

  it("are brought about by the server", async () => {
    const dropped = fixture("errors/connection-dropped");
    const last = dropped.exchanges.at(-1) as Exchange;
    const reset = { ...last, response: { fault: "connection reset by the server" } };
    expect(await run({ ...dropped, exchanges: dropped.exchanges.with(-1, reset) })).toMatchObject({ status: "passed" });
  });
});
