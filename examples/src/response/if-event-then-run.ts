// If an event comes, then run a program on the endpoint that it is about: a job of Live Response for each event.
import type { AnyEvent } from "cbapi/events";
import { CbResponseAPI, type LiveResponseSession } from "cbapi/response";
import { runExample } from "../arguments.js";
import { EVENT_OPTIONS, EventLoop } from "../event-loop.js";

await runExample(
  {
    name: "if-event-then-run",
    about: "Runs a program on each endpoint that an event is about, and prints its output. Ctrl-C ends it.",
    client: CbResponseAPI,
    options: {
      if: {
        type: "string",
        value: "EVENT",
        default: "watchlist.hit.process",
        about: "which events: a type, or a pattern with * for a word and # for any number of them",
      },
      // biome-ignore lint/suspicious/noThenProperty: the name of an option of the command line
      then: { type: "string", value: "COMMAND", required: true, about: "what to run on the endpoint" },
      seconds: { type: "number", value: "N", default: 60, least: 1, about: "how long it may take" },
      "dry-run": { type: "boolean", short: "d", about: "show where it would be run, and run nothing" },
      ...EVENT_OPTIONS,
    },
  },
  async (example) => {
    const { values, print } = example;
    const loop = new EventLoop(example);
    await loop.run<AnyEvent>(values.if, values.if, async (event) => {
      const sensor = await event.sensor;
      if (sensor === undefined) {
        loop.fail(`${event.type}: the event names no endpoint, or several`);
        return;
      }
      const run = (session: LiveResponseSession, context: { readonly signal: AbortSignal }) =>
        session.runProcess(values.then, { signal: context.signal, waitTimeout: values.seconds * 1000 });
      const name = sensor.computer_name ?? "";
      if (values["dry-run"]) {
        print(`Would run ${values.then} on sensor ${name} (${sensor.id})`);
        return;
      }
      loop.submit(values.then, run, Number(sensor.id), ({ returnCode, output }) => {
        print(`${values.then} on sensor ${name} (${sensor.id}) ended with ${returnCode ?? "an unknown code"}:`);
        for (const line of (output ?? "").toString().split(/\r?\n/)) if (line.trim() !== "") print(`  ${line}`);
      });
    });
  },
);
