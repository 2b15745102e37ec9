import { type Departure, result } from "./kinds.js";

/** Where recordings of errors are rightly departed from. */
export const errorsDepartures: readonly Departure[] = [
  {
    vector: "errors/immutable-field",
    step: 3,
    recorded: result({ error: { class: "AttributeError", message: "Field status is immutable", builtin: true } }),
    accepted: result({ error: { class: "ApiError", message: "Field 'status' is immutable" } }),
    meets: "guide, 4.3.6",
    why: "what cannot be changed is refused with an error of the library",
  },
  {
    vector: "errors/non-json-200",
    step: 2,
    at: ["hostname"],
    recorded: {
      $error: { class: "TypeError", message: "unsupported format string passed to bytes.__format__", builtin: true },
    },
    accepted: {
      $error: {
        class: "ServerError",
        message: "Received error code 200 from API: <html>login</html>",
        error_code: 200,
      },
    },
    meets: "the recording's own mark of a fault",
    why: "the error that was meant says that the answer is not JSON, and what it is",
  },
  {
    vector: "errors/put-400",
    step: 3,
    recorded: result({
      error: { class: "AttributeError", message: "'list' object has no attribute 'get'", builtin: true },
    }),
    accepted: result({
      error: {
        class: "ClientError",
        message: 'Received error code 400 from API: ["enabled must be a boolean"]',
        error_code: 400,
      },
    }),
    meets: "the recording's own mark of a fault",
    why: "a refusal whose text is a list is a client error with that text",
  },
  {
    vector: "errors/retry-502",
    exchange: 4,
    pause: "free",
    sometimes: true,
    meets: "class of retries",
    why: "pauses between repetitions are of random length",
  },
];
