import type { Departure } from "./kinds.js";

/** Where recordings of Live Response are rightly departed from. */
export const liveResponseDepartures: readonly Departure[] = [
  {
    vector: "liveresponse/session-reuse",
    step: 2,
    kwargs: { join: true },
    meets: "Live Response fault 1",
    why: "a session of somebody else is taken over on request only",
  },
  ...[7, 8].map((exchange) => ({
    vector: "liveresponse/session-reuse",
    exchange,
    unsent: true as const,
    meets: "Live Response fault 1",
    why: "a session that was not opened here is not closed here",
  })),
  {
    vector: "liveresponse/process-output",
    exchange: 14,
    unsent: true,
    meets: "Live Response fault 10",
    why: "an output file that the caller named is the caller's, and is kept",
  },
  {
    vector: "liveresponse/linux-walk-process",
    exchange: 16,
    added: {
      request: "GET /api/v1/cblr/session/7/command/5?wait=true",
      answer: { id: 5, session_id: 7, sensor_id: 1, name: "delete file", status: "complete", result_code: 0 },
    },
    meets: "Live Response fault 10",
    why: "it is awaited that an output file with a generated name is removed",
  },
  ...["psc-session", "psc-files", "psc-error"].map((vector) => ({
    vector: `liveresponse/${vector}`,
    exchange: 3,
    earlier: true as const,
    meets: "Live Response fault 4",
    why: "what the device is is read before a session is opened, so that one that is not there takes no slot",
  })),
  ...[0, 3, 7, 14, 20, 26].map((exchange) => ({
    vector: "liveresponse/psc-jobs-defense",
    exchange,
    unsent: true as const,
    meets: "Live Response faults 19 and 20",
    why: "of a few devices each is read once; the list of all was read at each pass",
  })),
];
