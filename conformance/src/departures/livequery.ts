import { type Departure, result } from "./kinds.js";

const returned = "methods that change an object give the object, or nothing, and throw when they fail";
const decided = "decision: what methods return";

/** Where recordings of LiveQuery are rightly departed from. */
export const livequeryDepartures: readonly Departure[] = [
  {
    vector: "livequery/run-delete-200",
    exchange: 0,
    unsent: true,
    meets: "class of connect",
    why: "deleting a run needs no more than its id",
  },
  {
    vector: "livequery/run-delete-200",
    step: 2,
    recorded: result({ value: true }),
    accepted: result({ value: null }),
    meets: decided,
    why: returned,
  },
  {
    vector: "livequery/run-delete-200",
    step: 3,
    recorded: result({ value: true }),
    accepted: result({ value: null }),
    meets: decided,
    why: returned,
  },
  {
    vector: "livequery/run-stop",
    step: 3,
    recorded: result({ value: true }),
    accepted: result({ value: { $model: "Run", id: "run-1" } }),
    meets: decided,
    why: returned,
  },
  {
    vector: "livequery/run-stop",
    step: 4,
    recorded: result({ value: true }),
    accepted: result({ value: { $model: "Run", id: "run-1" } }),
    meets: decided,
    why: returned,
  },
];
