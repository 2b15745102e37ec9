import type { Departure } from "./kinds.js";

const time = (step: number, name: string, accepted: unknown, vector: string): Departure => ({
  vector,
  step,
  at: [name],
  recorded: { $datetime: "1970-01-01T00:00:00" },
  accepted,
  meets: "Defense fault 9",
  why: "the server's milliseconds are read as the moment that they are, and null as none",
});

/** Where recordings of Defense are rightly departed from. */
export const defenseDepartures: readonly Departure[] = [
  {
    vector: "defense/device-query",
    exchange: 0,
    query: { recorded: ["rows", "100"], accepted: ["rows", "1"] },
    meets: "decision: first asks for one row",
    why: "one row is wanted, and one is asked for",
  },
  time(2, "lastContact", { $datetime: "2018-02-06T18:44:48.495" }, "defense/device-query"),
  time(2, "registeredTime", { $datetime: "2017-02-01T03:51:50.285" }, "defense/device-query"),
  time(2, "lastContact", { $datetime: "2018-02-06T18:44:48.495" }, "defense/device-select"),
  time(2, "lastReportedTime", null, "defense/device-select"),
];
