import type { AddedContent } from "../live-response/control.js";
import type { LiveResponseChanges } from "../live-response/settings.js";
import type { Hold } from "../product-server.js";
import { done, fields, ok } from "../server/control-route.js";
import { readId } from "../server/ids.js";
import { HttpProblem, type Route, type SandboxReply } from "../server/product.js";
import type { ResponseServer } from "./index.js";
import type { LaunchRequest } from "./simulation/launch-request.js";
import { type ResponseSteering, steerResponse } from "./steering.js";

/** The control routes that EDR brings: what its endpoints do, and Live Response. */
export function responseControl(hold: Hold<ResponseServer>): Route[] {
  const steered = steerResponse(hold);
  return [...endpointRoutes(steered), ...eventRoutes(steered), ...liveResponseRoutes(steered)];
}

function endpointRoutes(steered: ResponseSteering): Route[] {
  return [
    {
      method: "POST",
      path: "/launch",
      // What makes no sense in it is refused by name where it is carried out.
      handle: async (request) => ok(await steered.launch(request.json() as LaunchRequest)),
    },
    {
      method: "PUT",
      path: "/sensors/:id",
      handle: async (request) => {
        const { online } = fields(request, ["online"]);
        if (typeof online !== "boolean") throw new HttpProblem(400, "`online` is true or false");
        const id = readId(request.params["id"]);
        if (id === undefined) throw new HttpProblem(400, "The path ends in the id of a sensor");
        await steered.setOnline(id, online);
        return ok({ id, online });
      },
    },
  ];
}

/** What event forwarders do upon a signal. */
function eventRoutes(steered: ResponseSteering): Route[] {
  return [{ method: "POST", path: "/events/rotate", handle: async () => ok({ file: await steered.rotateEvents() }) }];
}

function liveResponseRoutes({ liveResponse }: ResponseSteering): Route[] {
  const state = (): SandboxReply => {
    const { schedule, ...settings } = liveResponse.settings;
    const shown = typeof schedule === "function" ? "a function" : schedule;
    return ok({
      ...liveResponse.stats(),
      settings: { ...settings, ...(shown === undefined ? {} : { schedule: shown }) },
    });
  };
  return [
    { method: "GET", path: "/live-response", handle: state },
    {
      method: "PUT",
      path: "/live-response",
      // What makes no sense in it is refused by name where it is carried out.
      handle: (request) => {
        liveResponse.configure(request.json() as LiveResponseChanges);
        return state();
      },
    },
    {
      method: "POST",
      path: "/live-response/files",
      handle: (request) => {
        const { sensor, path, content, base64, size } = fields(request, FILE_FIELDS);
        if (typeof sensor !== "number" && typeof sensor !== "string") {
          throw new HttpProblem(400, "`sensor` is the id or the name of a sensor");
        }
        if (typeof path !== "string") throw new HttpProblem(400, "`path` is a text");
        liveResponse.addFile(sensor, path, readContent({ content, base64, size }));
        return done;
      },
    },
    {
      method: "DELETE",
      path: "/live-response/sessions/:id",
      handle: ({ params }) => {
        const id = readId(params["id"]);
        if (id === undefined || !liveResponse.lose(id))
          throw new HttpProblem(404, `There is no session ${params["id"]}`);
        return done;
      },
    },
  ];
}

const FILE_FIELDS = ["sensor", "path", "content", "base64", "size"] as const;

/** What a file is to hold: given as a text, as bytes in base64, or as a size. */
function readContent(given: { content: unknown; base64: unknown; size: unknown }): AddedContent {
  const { content, base64, size } = given;
  if (Object.values(given).filter((each) => each !== undefined).length !== 1) {
    throw new HttpProblem(400, "A file has one of `content`, `base64` and `size`");
  }
  if (typeof content === "string") return content;
  if (typeof size === "number") return { size };
  if (typeof base64 === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return Buffer.from(base64, "base64");
  throw new HttpProblem(400, "`content` is a text, `base64` are bytes in base64, `size` is a number of bytes");
}
