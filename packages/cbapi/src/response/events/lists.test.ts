import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, joins, ME, OTHER } from "../../test-support/event-fixtures.js";
import { CbEvent, sortEvents } from "./event.js";
import { type AnyEvent, decodeEvents, type EventListName } from "./lists.js";

describe("decodeEvents", () => {
  it("finds the process object in an answer, or takes it by itself", () => {
    const lists = { regmod_complete: ["1|2018-02-06 17:05:05.250|x"] };
    expect(decodeEvents(1, { process: lists }, { joins }).regmods).toHaveLength(1);
    expect(decodeEvents(5, lists, { joins }).regmods).toHaveLength(1);
    expect(decodeEvents(1, lists, { joins }).version).toBe(1);
  });

  it("takes the facts of the process from the context when the document lacks them", () => {
    const entry = `ProcessOpen|2018-02-06 17:05:05.400|${OTHER}||c:\\y.exe|1|1|false|false`;
    const { crossprocs } = decodeEvents(4, { crossproc_complete: [entry] }, { joins, process: { id: ME } });
    expect(crossprocs[0]).toMatchObject({ source_procguid: ME, source_path: undefined });
  });

  it("decodes a list once, when it is read, and gives the same one again", () => {
    let read = 0;
    const lazy = new Proxy(["1|2018-02-06 17:05:05.250|x"], {
      get(target, key) {
        if (key === "0") read++;
        return Reflect.get(target, key);
      },
    });
    const lists = decode({ regmod_complete: lazy });
    expect(read).toBe(0);
    expect(lists.regmods).toBe(lists.regmods);
    expect(read).toBe(1);
  });

  it("counts what it leaves out, and keeps the places of the others", () => {
    const lists = decode({
      filemod_complete: ["", "1|2018-02-06 17:05:05.250|x"],
      regmod_complete: "none",
      netconn_complete: null,
    });
    expect(lists.filemods.map((event) => event.sequence)).toEqual([1]);
    expect(lists.problems).toEqual([
      { list: "filemod_complete", index: 0, reason: "empty", entry: "" },
      { list: "regmod_complete", index: 0, reason: "not a list", entry: "none" },
    ]);
  });

  it("never throws, whatever the document", () => {
    const names = fc.constantFrom<EventListName>(
      "modload_complete",
      "filemod_complete",
      "regmod_complete",
      "netconn_complete",
      "childproc_complete",
      "crossproc_complete",
      "processblock_complete",
    );
    const entry = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'|a1{}"true:- ') }),
      fc.object({ key: fc.constantFrom("processId", "timestamp", "remote_ip", "proto", "pid", "type", "start") }),
      fc.anything(),
    );
    fc.assert(
      fc.property(names, fc.oneof(fc.array(entry), fc.anything()), (name, list) => {
        const lists = decode({ [name]: list });
        const events = lists.all();
        if (Array.isArray(list)) expect(events.length + lists.problems.length).toBe(list.length);
        for (const event of events) {
          JSON.stringify(event);
          inspect(event);
          expect(() => read(event)).not.toThrow();
        }
      }),
      { numRuns: 500 },
    );
    expect(decodeEvents(4, fc.sample(fc.anything(), 1)[0], { joins }).all()).toEqual([]);
  });
});

/** Reads the joins of an event, by its kind. */
function read(event: AnyEvent<string, string, string>): unknown {
  switch (event.event_type) {
    case "Cb Module Load event":
      return [event.binary, event.is_signed];
    case "Cb Child Process event":
      return event.process;
    case "Cb Cross Process event":
      return [event.source_proc, event.target_proc];
    default:
      return event.parent;
  }
}

describe("order and printing", () => {
  const lists = decode({
    modload_complete: ["2018-02-06 17:05:05.130000|m|b", "2018-02-06 17:05:05.126000|m|a", "never|m|z"],
    regmod_complete: [
      "1|2018-02-06 17:05:05.130400|d",
      "1|2018-02-06 17:05:05.130200|c",
      "1|2018-02-06 17:05:05.1302|c2",
    ],
    netconn_complete: [{ timestamp: "2018-02-06T17:05:05.127Z", domain: "n" }],
  });

  it("sorts by time, to the last digit that was sent; what has no time comes last", () => {
    const order = lists.all().map((event) => ("path" in event ? event.path : "domain" in event ? event.domain : ""));
    expect(order).toEqual(["a", "n", "b", "c", "c2", "d", "z"]);
    expect(sortEvents(lists.regmods).map((event) => event.sequence)).toEqual([1, 2, 0]);
    expect([...lists.modloads].sort(CbEvent.compare).map((event) => event.path)).toEqual(["a", "b", "z"]);
  });

  it("prints the kind and the fields", () => {
    expect(inspect(lists.modloads[1])).toBe(
      [
        "Cb Module Load event:",
        "timestamp            : 2018-02-06T17:05:05.126Z",
        "md5                  : m",
        "path                 : a",
      ].join("\n"),
    );
    expect(String(lists.modloads[2])).toContain("timestamp            : \n");
    expect(lists.modloads[2]).toBeInstanceOf(CbEvent);
  });

  it("keeps every digit of the time in its data", () => {
    expect(lists.regmods[0]?.toJSON()).toMatchObject({ timestamp: "2018-02-06T17:05:05.1304Z" });
    expect(lists.modloads[2]?.toJSON()).toMatchObject({ timestamp: "never" });
  });
});
