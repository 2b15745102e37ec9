// A program that follows a queue or a tail into a file, and is killed (-9) by itself at a step that it is told, or by others
// at any time. A line of the file is what came and how far it was: one write, which may be cut short, is the whole account.
import { existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { CbDefenseAPI } from "cbapi/defense";
import { BaseAlert, CbPSCBaseAPI } from "cbapi/psc";

const { kind, access, out, spool, dieAt, inWindow = false, idle = 0 } = JSON.parse(process.argv[2]);

let steps = 0;
/** Between the service's answer and the disk: what is lost here is lost for good. */
let window = false;

/** A place where the program may end. */
function step() {
  if (window !== inWindow) return;
  if (++steps === dieAt) {
    process.kill(process.pid, "SIGKILL");
    // The signal comes at once; nothing may happen meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
}

// Between any two operations on files, inside the library as well.
for (const name of ["open", "rename", "appendFile", "readFile"]) {
  const original = fs[name];
  fs[name] = async (...args) => {
    step();
    const result = await original(...args);
    if (name === "rename") window = false;
    step();
    return result;
  };
}
syncBuiltinESMExports();

const logger = {
  debug(line) {
    if (kind !== "alerts" && line.startsWith("HTTP GET ")) window = true;
    step();
  },
};
const cb = new (kind === "notifications" ? CbDefenseAPI : CbPSCBaseAPI)({ ...access, logger });

/** How far it has come: the last whole line; one that was cut short was not done. */
function saved() {
  if (!existsSync(out)) return undefined;
  const text = readFileSync(out, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) truncateSync(out, Buffer.byteLength(whole));
  return whole === "" ? undefined : JSON.parse(whole.trimEnd().split("\n").at(-1)).position;
}

let waits = 0;
const onWait = () => {
  window = false;
  step();
  if (idle > 0 && ++waits >= idle) process.exit(0);
};

const position = saved();
step();
const options = { interval: 5, onWait };
const source =
  kind === "alerts"
    ? cb
        .select(BaseAlert)
        .batchSize(7)
        .tail({
          ...options,
          ...(position === undefined ? { since: "2020-01-01T00:00:00Z" } : { position }),
        })
    : kind === "notifications"
      ? cb.notificationListener({ ...options, spool, position: position ?? 0 })
      : cb.auditLogListener({ ...options, spool, position: position ?? 0 });

const file = openSync(out, "a");
for await (const item of source) {
  const id =
    kind === "alerts" ? item.id : kind === "notifications" ? item.eventId + item.eventTime : JSON.stringify(item);
  const line = Buffer.from(`${JSON.stringify({ id, position: source.position })}\n`);
  step();
  const half = Math.floor(line.length / 2);
  writeSync(file, line, 0, half);
  step();
  writeSync(file, line, half);
  step();
  if (kind !== "alerts" && source.position % 3 === 0) await source.saved(source.position);
}
