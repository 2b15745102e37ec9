// What a connector's run decides by: its options, what a failure means, what of it is told, what is remembered.
import { describe, expect, it } from "vitest";
import {
  ApiError,
  ClientError,
  ConnectionError,
  CredentialError,
  ObjectNotFoundError,
  ServerError,
  TimeoutError,
  UnauthorizedError,
} from "../../core/errors.js";
import { errorText } from "./error-text.js";
import { KnownAnalyses } from "./known-analyses.js";
import { settingsOf } from "./settings.js";
import { pauseBeforeRetry, troubleOf } from "./trouble.js";

const analyse = () => ({ result: 1 }) as const;

describe("the options of a run", () => {
  it("have defaults", () => {
    const { analyse: _, ...rest } = settingsOf({ analyse });
    expect(rest).toMatchObject({ interval: 10_000, concurrency: 1, maxCount: 10, attempts: 3, waitForUpload: true });
    expect(rest).toMatchObject({ analysisTimeout: 0, timeout: 0, stopTimeout: 30_000 });
  });

  it.each([
    [{}, "analyse"],
    [{ analyse: "scan" }, "analyse"],
    [{ analyse, interval: 0 }, "interval"],
    [{ analyse, interval: Number.NaN }, "interval"],
    [{ analyse, interval: 2 ** 40 }, "interval"],
    [{ analyse, concurrency: 0 }, "concurrency"],
    [{ analyse, concurrency: 1.5 }, "concurrency"],
    [{ analyse, maxCount: 0 }, "maxCount"],
    [{ analyse, attempts: 0 }, "attempts"],
    [{ analyse, stopTimeout: -1 }, "stopTimeout"],
    [{ analyse, analysisTimeout: -1 }, "timeout"],
    [{ analyse, concurency: 3 }, "no option concurency"],
  ])("are refused when they make no sense: %j", (options, named) => {
    expect(() => settingsOf(options as never)).toThrow(named);
  });

  it("never let a timer overflow", () => {
    expect(settingsOf({ analyse, stopTimeout: Number.POSITIVE_INFINITY }).stopTimeout).toBe(2 ** 31 - 1);
    expect(settingsOf({ analyse, analysisTimeout: Number.POSITIVE_INFINITY }).analysisTimeout).toBe(0);
  });
});

describe("a failed request", () => {
  it.each([
    [new UnauthorizedError("x", { status: 401 }), "fatal"],
    [new UnauthorizedError("x", { status: 401, code: "MISSING_PERMISSION" }), "fatal"],
    [new CredentialError("x"), "fatal"],
    [new ApiError("closed", { code: "CLOSED" }), "fatal"],
    [new ConnectionError("x", { kind: "tls" }), "fatal"],
    [new ConnectionError("x", { kind: "url" }), "fatal"],
    [new TypeError("a fault of the program"), "fatal"],
    [new ConnectionError("x", { kind: "refused", retryable: true }), "passing"],
    [new TimeoutError("x"), "passing"],
    [new ServerError("x", { status: 503, retryable: true }), "passing"],
    [new ServerError("x", { status: 500 }), "passing"],
    [new ServerError("a login page", { status: 200, code: "NOT_JSON" }), "passing"],
    [new ClientError("x", { status: 429 }), "passing"],
    [new ServerError("x", { status: 200, code: "REFUSED" }), "refused"],
    [new ClientError("x", { status: 400 }), "refused"],
    [new ClientError("x", { status: 403 }), "refused"],
    [new ObjectNotFoundError("x", { status: 404 }), "refused"],
  ])("%s is %s", (error, trouble) => {
    expect(troubleOf(error, true)).toBe(trouble);
  });

  it("for want of a name is a mistake until the server has answered once", () => {
    const error = new ConnectionError("x", { kind: "dns" });
    expect([troubleOf(error, false), troubleOf(error, true)]).toEqual(["fatal", "passing"]);
  });

  it("is followed by pauses that double up to five minutes, or are as long as the server wants", () => {
    expect([1, 2, 3, 4, 9, 100].map((failures) => pauseBeforeRetry(failures, 1000))).toEqual([
      ...[1000, 2000, 4000, 8000, 256_000, 300_000],
    ]);
    expect(pauseBeforeRetry(1, 1000, new ServerError("x", { retryAfter: 7000 }))).toBe(7000);
    expect(pauseBeforeRetry(1, 1000, new ServerError("x", { retryAfter: 99_000_000 }))).toBe(300_000);
    expect(pauseBeforeRetry(3, 600_000)).toBe(600_000);
  });
});

describe("what the server is told of an error", () => {
  const told = (error: unknown): string => errorText(error, (text) => text.replaceAll("s3cret", "***"));

  it("is one line of its message, without secrets and without what could steer a terminal or a page", () => {
    expect(told(new Error("no disk\n    at secret.js:3\u001b[2J"))).toBe("no disk at secret.js:3 [2J");
    expect(told(new Error("<script>x</script> with s3cret \u202egnp"))).toBe("script x /script with *** gnp");
    expect(told(new RangeError(""))).toBe("RangeError");
    expect(told("just text")).toBe("'just text'");
    expect(told(undefined)).toBe("undefined");
    expect(told(new Error("\u0000"))).toBe("The analysis failed");
  });

  it("is cut, and not within a secret", () => {
    const text = told(new Error(`${"x".repeat(243)} s3cret ${"y".repeat(500)}`));
    expect(text).toHaveLength(250);
    expect(text).toBe(`${"x".repeat(243)} ***...`);
  });
});

describe("what is remembered", () => {
  it("is given up for analyses that are not pending, but not while somebody works on them", () => {
    const known = new KnownAnalyses();
    for (const id of [1, 2, 3]) known.begin(id).state = "waiting";
    known.begin(4);
    expect(known.besides(new Set([2]))).toEqual([1, 3]);
    known.forget([1, 3]);
    expect([known.size, known.of(1), known.of(4)?.state]).toEqual([2, undefined, "running"]);
  });

  it("names the next moment at which something changes", () => {
    const known = new KnownAnalyses();
    for (const [id, due] of [
      [1, 0],
      [2, 700],
      [3, 500],
    ] as const) {
      Object.assign(known.begin(id), { state: "waiting", due });
    }
    Object.assign(known.begin(4), { due: 200 });
    expect([known.nextDue(100), known.nextDue(500), known.nextDue(700)]).toEqual([500, 700, Number.POSITIVE_INFINITY]);
  });

  it("of an analysis is kept from one time to the next", () => {
    const known = new KnownAnalyses();
    Object.assign(known.begin(1), { state: "waiting", failures: 2 });
    expect(known.begin(1)).toMatchObject({ state: "running", failures: 2 });
  });
});
