// A worker of a fleet as a process of its own, which others kill at any time. It says when it is ready, and notes every time
// that a job is begun in a file: one short write, which is whole or not there.
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { defineJob, Fleet } from "@cbapi/fleet";
import { CbResponseAPI } from "cbapi/response";

const { access, redis, prefix, leaseTime, concurrency, begun, busy } = JSON.parse(process.argv[2]);

const work = (name, changes) =>
  defineJob({
    name,
    changes,
    run: async (session, context) => {
      appendFileSync(begun, `${name} ${context.target} ${context.attempt} ${process.pid}\n`);
      await session.createDirectory(`c:\\fleet-${context.target}-${context.attempt}`).catch(() => {});
      await pause(busy * (0.5 + Math.random()), undefined, { signal: context.signal });
      return (await session.listProcesses()).length;
    },
  });

const cb = new CbResponseAPI(access);
const fleet = await Fleet.connect({ redis, prefix, server: cb });
const log = process.env.FLEET_LOG === "1" ? (line) => process.stderr.write(`${process.pid} ${line}\n`) : undefined;
const worker = await fleet.work([work("reads", false), work("writes", true)], { leaseTime, concurrency, log });
process.stdout.write("ready\n");
process.once("SIGTERM", async () => {
  await worker.close({ grace: 500 });
  await fleet.close();
  await cb.close();
  process.exit(0);
});
