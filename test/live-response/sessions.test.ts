// Sessions: how they are opened, kept, lost, waited for and closed, alone and beside those of other people.
import {
  ApiError,
  CbApiError,
  type CbResponseAPI,
  type LiveResponseTarget,
  ObjectNotFoundError,
  Sensor,
  TimeoutError,
} from "cbapi/response";
import { afterEach, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { sandbox } from "../support/given.js";
import { hurriedClock } from "../support/hurried-clock.js";
import { expectNothingLeft, LINUX, local, sessionWith, useEndpoints, WINDOWS } from "../support/live-response.js";
import { clientOf, sent } from "../support/sandbox.js";

/** The sandbox's time is not that of this computer. */
const DECADES = 30 * 365 * 86_400_000;

/** Another administrator's token. */
const COLLEAGUE = "c".repeat(40);

useEndpoints({ tokens: [{ username: "colleague", token: COLLEAGUE, globalAdmin: true }] });
afterEach(async () => {
  sandbox.behaviour.liveResponseEnabled = true;
  sandbox.behaviour.liveResponseSlots = 10;
  sandbox.liveResponse.configure({ sessionTimeout: null, sensorWaitTimeout: null, checkinTicks: null });
  expectNothingLeft(sandbox);
});

it("opens a session, sends what it takes and no more, and closes it once", async () => {
  await using cb = clientOf(sandbox);
  await cb.connect();
  const sensor = await cb.select(Sensor, WINDOWS);
  sent(sandbox);
  const session = await sensor.lrSession();
  const id = String(session.sessionId);
  expect(session.sessionData).toMatchObject({ status: "active", sensor_id: WINDOWS, hostname: sensor.hostname });
  expect(sandbox.liveResponse.stats().slots.used).toBe(1);
  expect(cb.liveResponse.openSessions).toEqual([session]);
  await session.listProcesses();
  await session.close();
  await session.close();
  expect(session.isClosed).toBe(true);
  const closed = await errorOf(() => session.listProcesses());
  expect(closed).toMatchObject({ code: "SESSION_CLOSED" });
  const base = "/api/v1/cblr/session";
  expect([...new Set(sent(sandbox).map((request) => request.split("?")[0]))]).toEqual([
    `POST ${base}`,
    `GET ${base}/${id}`,
    `POST ${base}/${id}/command`,
    `GET ${base}/${id}/command/1`,
    `PUT ${base}/${id}`,
  ]);
});

it("lists and reaps sessions of everybody, but keeps those in use here", async () => {
  await using cb = clientOf(sandbox);
  await using other = clientOf(sandbox, { token: COLLEAGUE });
  const mine = await sessionWith(cb, WINDOWS);
  const theirs = await sessionWith(other, LINUX);
  expect((await cb.liveResponse.listSessions()).map(({ sensor_id }) => sensor_id)).toEqual([WINDOWS, LINUX]);
  expect(await errorOf(() => cb.liveResponse.reap({}))).toBeInstanceOf(ApiError);

  const planned = await cb.liveResponse.reap({ targets: [WINDOWS, LINUX], dryRun: true });
  expect(planned.map(({ state }) => state)).toEqual(["kept", "planned"]);
  expect(sandbox.liveResponse.stats().slots.used).toBe(2);
  const young = await cb.liveResponse.reap({ ids: [theirs.sessionId], olderThan: DECADES });
  expect(young.map(({ state }) => state)).toEqual(["kept", "kept"]);
  const reaped = await cb.liveResponse.reap({ ids: [String(theirs.sessionId)] });
  expect(reaped.map(({ state, reason }) => reason ?? state)).toEqual(["in use here", "closed"]);
  expect(await cb.liveResponse.listSessions()).toHaveLength(1);
  expect((await cb.liveResponse.listSessions({ activeOnly: false })).length).toBeGreaterThan(1);

  // Whoever had it opens another one with the next command.
  const lost = theirs.sessionId;
  expect((await theirs.listProcesses()).length).toBeGreaterThan(0);
  expect(theirs.sessionId).not.toBe(lost);
  await theirs.close();
  await mine.close();
});

it("finds the session whose answer was lost, beside a colleague's with the same endpoint, and frees its slot", async () => {
  await using cb = clientOf(sandbox);
  await using other = clientOf(sandbox, { token: COLLEAGUE });
  const theirs = await sessionWith(other, WINDOWS);
  sandbox.clock.set(sandbox.clock.now() + 60_000);
  const losses = [
    { reset: true, carriedOut: true },
    { cut: 0 },
    { cut: 5 },
    { truncate: 0 },
    { truncate: 10 },
  ] as const;
  for (const loss of losses) {
    sandbox.faults.add({ match: { method: "POST", pattern: "/session$", times: 1 }, do: loss });
    const session = await sessionWith(cb, WINDOWS);
    expect(session.sessionId).not.toBe(theirs.sessionId);
    expect((await session.listProcesses()).length).toBeGreaterThan(0);
    await session.close();
    expect(sandbox.liveResponse.stats().slots.used).toBe(1);
    sandbox.faults.clear();
  }
  // Refused, and not carried out: nothing is to be found, and the colleague's is left alone.
  sandbox.faults.add({ match: { method: "POST", pattern: "/session$", times: 1 }, do: { status: 500 } });
  await expect(sessionWith(cb, WINDOWS)).rejects.toMatchObject({ status: 500 });
  expect(await theirs.listDirectory("C:\\")).not.toEqual([]);
  await theirs.close();
});

it("leaves no slot, no half file and nothing on the endpoint, whichever request it is given up at", async () => {
  const everything = async (cb: CbResponseAPI, signal: AbortSignal): Promise<void> => {
    await using session = await cb.liveResponse.openSession(WINDOWS, { signal });
    await session.downloadFile("C:\\Windows\\System32\\drivers\\etc\\hosts", local.file("hosts"), {
      signal,
      overwrite: true,
    });
    await session.putFile(Buffer.from("tool"), "C:\\temp\\tool", { signal });
    await session.createProcess("whoami", { signal });
    await session.memdump(local.file("dump"), { signal, overwrite: true });
  };
  const temporary = async (): Promise<string[]> => {
    await using cb = clientOf(sandbox);
    await using session = await cb.liveResponse.openSession(WINDOWS);
    const names = (await session.listDirectory("C:\\Windows\\Temp\\*")).map(({ filename }) => filename);
    return names.filter((name) => name.startsWith("cblr"));
  };
  for (let at = 1, done = false; !done; at++) {
    const stop = new AbortController();
    let requests = 0;
    const debug = (line: string): void => {
      if (/^HTTP /.test(line) && ++requests === at) stop.abort(new CbApiError("given up"));
    };
    const cb = clientOf(sandbox, { logger: { debug, info: debug, warn: debug, error: debug } });
    const end = await everything(cb, stop.signal).then(
      () => "done",
      (error: Error) => error.message,
    );
    done = requests < at;
    // What was given up at its very last request is done all the same.
    if (!stop.signal.aborted) expect(end).toBe("done");
    else expect(["given up", "done"]).toContain(end);
    await cb.close();
    expectNothingLeft(sandbox);
    expect((await local.names()).filter((name) => !["hosts", "dump"].includes(name))).toEqual([]);
    expect(await temporary()).toEqual([]);
  }
}, 120_000);

it("joins a colleague's session when told to, and does not end it", async () => {
  await using cb = clientOf(sandbox);
  await using other = clientOf(sandbox, { token: COLLEAGUE });
  const theirs = await sessionWith(other, WINDOWS);
  const own = await sessionWith(cb, WINDOWS);
  expect(own.sessionId).not.toBe(theirs.sessionId);
  await own.close();
  const joined = await cb.liveResponse.openSession(WINDOWS, { join: true });
  expect(joined.sessionId).toBe(theirs.sessionId);
  expect(joined.isOwned).toBe(false);
  expect(await joined.listDirectory("C:\\")).not.toEqual([]);
  await joined.close();
  expect(await theirs.listDirectory("C:\\")).not.toEqual([]);
  await theirs.close();
  // With nothing to join, one is opened and closed.
  const opened = await cb.liveResponse.openSession(String(WINDOWS), { join: true });
  expect(opened.isOwned).toBe(true);
  await opened.close();
});

it("stays while it is kept alive; left alone, it ends and the next command opens another", async () => {
  sandbox.liveResponse.configure({ sessionTimeout: 0.4 });
  await using cb = clientOf(sandbox);
  const kept = await cb.liveResponse.openSession(WINDOWS, { keepAlive: 60 });
  const left = await cb.liveResponse.openSession(LINUX, { keepAlive: false });
  const ids = [kept.sessionId, left.sessionId];
  const { timedOut } = sandbox.liveResponse.stats().sessions;
  await expect.poll(() => sandbox.liveResponse.stats().sessions.timedOut, { timeout: 10_000 }).toBe(timedOut + 1);
  expect((await cb.liveResponse.listSessions()).map(({ id }) => id)).toEqual([ids[0]]);

  await expect(left.keepAlive()).rejects.toThrow(ObjectNotFoundError);
  expect(left.isLost).toBe(true);
  expect(await left.listDirectory("/")).not.toEqual([]);
  expect(left.sessionId).not.toBe(ids[1]);
  await left.close();
  await kept.close();
});

it("is opened again when it was lost, and sends again what the server did not take", async () => {
  await using cb = clientOf(sandbox);
  await using session = await sessionWith(cb, WINDOWS);
  const first = session.sessionId;
  expect(sandbox.liveResponse.lose(Number(first))).toBe(true);
  // Ten commands at once open one session, not ten.
  const { opened } = sandbox.liveResponse.stats().sessions;
  const listings = await Promise.all(Array.from({ length: 10 }, () => session.listDirectory("C:\\")));
  for (const listing of listings) expect(listing).toEqual(listings[0]);
  expect(sandbox.liveResponse.stats().sessions.opened).toBe(opened + 1);

  // An upload goes with its session, and is made again.
  let uploads = 0;
  await session.putFile(Buffer.from("again"), "C:\\temp\\again.txt", {
    onProgress: () => {
      if (uploads++ === 0) sandbox.liveResponse.lose(Number(session.sessionId));
    },
  });
  expect(String(await session.getFile("C:\\temp\\again.txt"))).toBe("again");
  await session.deleteFile("C:\\temp\\again.txt");

  // A write that may have been carried out is not repeated: that it is not known is said.
  sandbox.liveResponse.configure({ faults: [{ command: "create directory", outcome: "lost", times: 1 }] });
  const doubtful = await errorOf(() => session.createDirectory("C:\\temp\\doubt"));
  expect(doubtful).toMatchObject({ code: "SESSION_LOST" });
  expect(doubtful.message).toContain("create directory");
  // A read is.
  sandbox.liveResponse.configure({ faults: [{ command: "process list", outcome: "lost", times: 2 }] });
  expect((await session.listProcesses()).length).toBeGreaterThan(0);
});

it("waits for a slot that others have: the eleventh opens when one is freed", async () => {
  await using cb = clientOf(sandbox, { clock: hurriedClock });
  await using other = clientOf(sandbox, { token: COLLEAGUE });
  const theirs = await Promise.all(Array.from({ length: 10 }, (_, index) => other.liveResponse.openSession(index + 1)));
  const { refused } = sandbox.liveResponse.stats().slots;
  await using impatient = clientOf(sandbox);
  const gaveUp = await errorOf(() => impatient.liveResponse.openSession(12, { timeout: 300 }));
  expect(gaveUp).toBeInstanceOf(TimeoutError);
  expect(gaveUp).toMatchObject({ code: "SLOTS_TAKEN" });

  const pauses: number[] = [];
  let asked = () => {};
  const refusal = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const eleventh = cb.liveResponse.openSession(12, {
    onWait: ({ pause }) => {
      pauses.push(pause);
      asked();
    },
  });
  await refusal;
  await theirs[0]?.close();
  await using session = await eleventh;
  // As long as the server says.
  expect(pauses).toEqual([5000]);
  expect((await session.listProcesses()).length).toBeGreaterThan(0);
  const { slots } = sandbox.liveResponse.stats();
  expect(slots).toMatchObject({ used: 10, highest: 10, refused: refused + 2 });
  await Promise.all(theirs.map((each) => each.close()));
});

it("has the jobs of a run wait while others take the slots", async () => {
  sandbox.behaviour.liveResponseSlots = 3;
  await using cb = clientOf(sandbox, { clock: hurriedClock });
  await using other = clientOf(sandbox, { token: COLLEAGUE });
  const theirs = [await other.liveResponse.openSession(1), await other.liveResponse.openSession(2)];
  const run = cb.liveResponse.run((session) => session.listDirectory("C:\\"), [3, 5, 6, 7, 8]);
  const outcomes = run.all();
  await expect.poll(() => sandbox.liveResponse.stats().slots.refused).toBeGreaterThan(0);
  await Promise.all(theirs.map((each) => each.close()));
  expect((await outcomes).map(({ state, target }) => [target, state]).sort()).toEqual(
    [3, 5, 6, 7, 8].map((id) => [id, "done"]),
  );
  await cb.liveResponse.close();
});

it("says at once what cannot be", async () => {
  await using cb = clientOf(sandbox);
  await expect(cb.liveResponse.openSession(4711)).rejects.toThrow(ObjectNotFoundError);
  for (const target of ["nobody", -1, 1.5, { id: 7 }] as LiveResponseTarget[]) {
    await expect(cb.liveResponse.openSession(target)).rejects.toMatchObject({ code: "INVALID_TARGET" });
  }
  // Switched off since the client has connected: the server answers 412.
  await cb.connect();
  sandbox.behaviour.liveResponseEnabled = false;
  const off = await errorOf(() => cb.liveResponse.openSession(WINDOWS));
  expect(off).toMatchObject({ code: "LIVE_RESPONSE_OFF", status: 412 });
  expect(off.message).toContain("Cb server does not support Live Response");
  // Before: the server says so itself, and nothing is sent.
  await using late = clientOf(sandbox);
  await late.connect();
  sent(sandbox);
  expect(await errorOf(() => late.liveResponse.openSession(WINDOWS))).toMatchObject({ code: "LIVE_RESPONSE_OFF" });
  expect(sent(sandbox)).toEqual([]);
});

it("gives up an endpoint that is not there, frees its slot, and lets go when told to", async () => {
  await using cb = clientOf(sandbox);
  await sandbox.setOnline(WINDOWS, false);
  sandbox.liveResponse.configure({ sensorWaitTimeout: 0.3 });
  const away = await errorOf(() => cb.liveResponse.openSession(WINDOWS));
  expect(away).toBeInstanceOf(TimeoutError);
  expect(away.message).toContain(`Could not establish session with sensor ${WINDOWS}`);
  sandbox.liveResponse.configure({ sensorWaitTimeout: null });
  const late = await errorOf(() => cb.liveResponse.openSession(WINDOWS, { timeout: 400 }));
  expect(late).toBeInstanceOf(TimeoutError);

  const stop = new AbortController();
  const opening = cb.liveResponse.openSession(WINDOWS, { signal: stop.signal });
  await expect.poll(() => sandbox.liveResponse.stats().slots.used).toBe(1);
  stop.abort(new CbApiError("not any more"));
  await expect(opening).rejects.toThrow("not any more");
  await expect.poll(() => sandbox.liveResponse.stats().slots.used).toBe(0);
  await sandbox.setOnline(WINDOWS, true);
});
