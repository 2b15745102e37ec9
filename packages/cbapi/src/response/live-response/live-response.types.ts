// What the public types of Live Response promise and refuse, checked by the compiler: this file is never run.
import {
  CbResponseAPI,
  GetFileJob,
  type Job,
  type JobOutcome,
  type JobRun,
  type LiveResponseSession,
  type LiveResponseTarget,
  Process,
  type ProcessInfo,
  type ProcessResult,
  type RegistryValue,
  type RemoteFile,
  repeatable,
  Sensor,
  SensorGroup,
  type SubmittedJob,
  type Transferred,
} from "../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbResponseAPI();
await using session = await cb.select(Sensor, 3).lrSession({ timeout: 60_000, onWait: ({ pause }) => pause });
is<Equal<typeof session, LiveResponseSession>>();

// The commands.
const file = await session.getRawFile("c:\\x", { offset: 1, count: 2 });
is<Equal<typeof file, RemoteFile>>();
const put = await session.putFile({ path: "/tmp/x" }, "c:\\x", { verify: true });
is<Equal<typeof put, Transferred>>();
const value = await session.getRegistryValue("HKLM\\x");
is<Equal<typeof value, RegistryValue>>();
const done = await session.runProcess("cmd.exe /c dir");
is<Equal<typeof done, ProcessResult>>();
const output = await session.createProcess("cmd.exe /c dir");
is<Equal<typeof output, Buffer | undefined>>();
// @ts-expect-error text would be a path or what is written: say which
await session.putFile("/tmp/x", "c:\\x");
// @ts-expect-error where to
await session.putFile(Buffer.from("x"));
// @ts-expect-error a number
await session.killProcess("4");
// @ts-expect-error no such type
await session.setRegistryValue("HKLM\\x", 5, { valueType: "REG_INT" });
// @ts-expect-error an object becomes no value of the registry
await session.setRegistryValue("HKLM\\x", { a: 1 });
// @ts-expect-error mistyped
await session.createProcess("cmd.exe", { waitForOutputs: false });
// @ts-expect-error each directory comes later
for (const entry of session.walk("c:\\")) void entry;
// @ts-expect-error what was not awaited has no length
session.getFile("c:\\x").length;
// @ts-expect-error the server says so
session.sessionData.status = "close";
// @ts-expect-error no such option
await cb.select(Sensor, 3).lrSession({ joined: true });

// Jobs give what their function gives.
const run = cb.liveResponse.run((lr) => lr.getFile("c:\\x"), cb.select(Sensor).where("hostname:x"), { slots: 3 });
is<Equal<typeof run, JobRun<Buffer, LiveResponseSession>>>();
for await (const outcome of run) {
  is<Equal<typeof outcome, JobOutcome<Buffer>>>();
  is<Equal<typeof outcome.state, "done" | "failed" | "expired" | "cancelled">>();
  // @ts-expect-error there is none when it failed
  outcome.value.length;
  // @ts-expect-error a job that ended runs no more
  if (outcome.state === "running") break;
}
const submitted = cb.liveResponse.submitJob(async () => 5, 3, { jobTimeout: 5000 });
is<Equal<typeof submitted, SubmittedJob<number>>>();
is<Equal<Awaited<typeof submitted.result>, number>>();
const fetched = cb.liveResponse.submitJob(new GetFileJob("c:\\x"), await cb.select(Sensor, 3));
is<Equal<typeof fetched, SubmittedJob<Buffer>>>();
cb.liveResponse.run(
  repeatable((lr: LiveResponseSession) => lr.listProcesses()),
  [1, 2],
);
// @ts-expect-error a session has no such command
cb.liveResponse.run((lr) => lr.readFile("c:\\x"), [1]);
// @ts-expect-error a list, or a search
cb.liveResponse.run((lr) => lr.listProcesses(), 1);
// @ts-expect-error one endpoint
cb.liveResponse.submitJob((lr: LiveResponseSession) => lr.listProcesses(), [1, 2]);
// @ts-expect-error what a job needs besides its session, it brings along
cb.liveResponse.submitJob((lr: LiveResponseSession, path: string) => lr.getFile(path), 1);
// @ts-expect-error of jobs, it is `jobTimeout`
cb.liveResponse.run((lr) => lr.listProcesses(), [1], { timeout: 5000 });
// @ts-expect-error of a single one as well
cb.liveResponse.submitJob((lr) => lr.listProcesses(), 1, { timeout: 5000 });
const listed: Job<ProcessInfo[]> = (lr) => lr.listProcesses();
cb.liveResponse.submitJob(listed, 1);

// An endpoint is a sensor, loaded or not, or the id of one.
const sensors = cb.select(Sensor);
for (const target of [3, "3", await sensors.one(), sensors.one(), cb.select(Process, "x").sensor])
  await cb.liveResponse.openSession(target);
// @ts-expect-error anything may have an id: a group, for one
await cb.liveResponse.openSession({ id: 7 });
// @ts-expect-error another kind of object
await cb.liveResponse.openSession(await cb.select(SensorGroup, 7));
// @ts-expect-error not loaded, it is another kind of object all the same
await cb.liveResponse.openSession(cb.select(SensorGroup, 7));
// @ts-expect-error there may be none: `one()`, or `await` it and look
await cb.liveResponse.openSession(sensors.first());
// @ts-expect-error of a list, too
cb.liveResponse.run(listed, [{ id: 7 }]);
// @ts-expect-error a search for something else
cb.liveResponse.run(listed, cb.select(SensorGroup));

// What becomes of a job is an error or nothing.
const outcome = await submitted.outcome;
is<Equal<typeof outcome.error, Error | undefined>>();
is<Equal<Parameters<typeof cb.liveResponse.openSession>[0], LiveResponseTarget>>();

// Options may be left out by `undefined`.
const some = Math.random() > 0.5 ? 1 : undefined;
await cb.liveResponse.listSessions({ activeOnly: some === 1 ? true : undefined });
await cb.close({ timeout: some, grace: some, signal: undefined });
// @ts-expect-error not by itself awaitable: `result` or `outcome`
submitted.then;

// Which sessions are closed must be said.
await cb.liveResponse.reap({ olderThan: 3_600_000, dryRun: true });
// @ts-expect-error which ones
await cb.liveResponse.reap();
// @ts-expect-error milliseconds are a number
await cb.liveResponse.reap({ olderThan: "1h" });
