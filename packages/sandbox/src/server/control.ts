import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { SimulationClock } from "../clock.js";
import { type Behaviour, changeBehaviour } from "./behaviour.js";
import { parseJson, readBody } from "./body.js";
import { checked, done, fields, ok } from "./control-route.js";
import type { FaultRule } from "./fault-rule.js";
import type { FaultPlan } from "./faults.js";
import { readId } from "./ids.js";
import { ownership } from "./prefixes.js";
import {
  HttpProblem,
  type Product,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type Switches,
  type TokenRecord,
} from "./product.js";
import type { RequestLog } from "./request-log.js";
import type { TokenRing } from "./tokens.js";

/** What the control routes steer. */
export interface ControlHost {
  readonly clock: SimulationClock;
  readonly faults: FaultPlan;
  readonly behaviour: Behaviour;
  /** The switches of all products, each at its best. */
  readonly switches: Switches;
  readonly requests: RequestLog;
  readonly tokens: TokenRing;
  /** The token that the control routes always obey. */
  readonly token: string;
  /** Who asks by any other token: as the accounts of the products have it. */
  identify(token: string | undefined, known: TokenRecord | undefined): TokenRecord | undefined;
  /** What `GET /_sandbox` answers. */
  info(): Record<string, unknown>;
  /** Everything anew, from the same seed or from another. */
  reset(seed?: number | string): Promise<void>;
  /** Adds the telemetry in a file on this machine to the organisation; nothing of it when aborted. */
  importFile(file: string, options: { signal: AbortSignal }): Promise<unknown>;
}

const PREFIX = "/_sandbox";
const MAX_JSON = 64 * 1024;

/**
 * The routes by which tests and tools steer a running sandbox, and those that its products bring. They take part in the HTTP server like a product, but
 * only for clients on this machine, and only with the token of a global administrator: the sandbox's main token, whatever
 * has become of its account, or one whose account is there and has those rights.
 */
export function createControl(host: ControlHost, brought: readonly Route[] = []): Product {
  const routes = [...generalRoutes(host), ...faultRoutes(host), ...clockRoutes(host), ...tokenRoutes(host), ...brought];
  return {
    name: "sandbox control",
    ...ownership([PREFIX]),
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    unauthorized: "The control routes need the token of a global administrator in X-Auth-Token",
    // Somebody has to be able to put things back, even when the last account is gone.
    identify: (token, known) => (token === host.token ? known : host.identify(token, known)),
    problem: ({ status, message }) => ({ status, body: { message } }),
    routes: routes.map((route) => ({ ...route, path: PREFIX + route.path, handle: guarded(route) })),
  };
}

const guarded =
  (route: Route) =>
  async (request: SandboxRequest): Promise<SandboxReply> => {
    if (!request.user.globalAdmin) throw new HttpProblem(403, "The control routes are for global administrators");
    try {
      return await route.handle(request);
    } catch (error) {
      // A value out of range, or a file that cannot be opened: the caller's mistake, whoever found out.
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (error instanceof RangeError || /^(ENOENT|EACCES|EISDIR|ENOTDIR)$/.test(code)) {
        throw new HttpProblem(400, (error as Error).message);
      }
      throw error;
    }
  };

function generalRoutes(host: ControlHost): Route[] {
  return [
    { method: "GET", path: "", handle: () => ok(host.info()) },
    {
      method: "POST",
      path: "/reset",
      handle: async (request) => {
        const { seed } = fields(request, ["seed"]);
        if (seed !== undefined && typeof seed !== "number" && typeof seed !== "string") {
          throw new HttpProblem(400, "`seed` is a number or a text");
        }
        await host.reset(seed);
        return ok(host.info());
      },
    },
    {
      method: "POST",
      path: "/import",
      streamsBody: true,
      handle: async (request) => ok(await importBody(host, request)),
    },
    {
      method: "GET",
      path: "/requests",
      handle: ({ query }) => {
        const after = Number(query.get("after") ?? 0);
        if (!Number.isInteger(after) || after < 0) throw new HttpProblem(400, "`after` is the id of a request");
        const { requests } = host;
        return ok({
          total: requests.total,
          requests: requests.entries(after),
          routes: requests.routes(),
          missing: requests.missing(),
          failures: requests.failures(),
        });
      },
    },
    {
      method: "DELETE",
      path: "/requests",
      handle: () => {
        host.requests.clear();
        return done;
      },
    },
  ];
}

function faultRoutes(host: ControlHost): Route[] {
  return [
    { method: "GET", path: "/faults", handle: () => ok(host.faults.list()) },
    {
      method: "POST",
      path: "/faults",
      handle: (request) => {
        const given = request.json();
        const rules = (Array.isArray(given) ? given : [given]) as FaultRule[];
        return { status: 201, body: { ids: host.faults.add(...rules) } };
      },
    },
    {
      method: "DELETE",
      path: "/faults",
      handle: () => {
        host.faults.clear();
        return done;
      },
    },
    {
      method: "DELETE",
      path: "/faults/:id",
      handle: ({ params }) => {
        const id = readId(params["id"]);
        if (id === undefined || !host.faults.remove(id))
          throw new HttpProblem(404, `There is no fault ${params["id"]}`);
        return done;
      },
    },
    { method: "GET", path: "/behaviour", handle: () => ok(host.behaviour) },
    {
      method: "PUT",
      path: "/behaviour",
      handle: (request) => {
        changeBehaviour(host.behaviour, host.switches, request.json());
        return ok(host.behaviour);
      },
    },
  ];
}

function clockRoutes({ clock }: ControlHost): Route[] {
  const state = (): SandboxReply =>
    ok({
      now: clock.date().toISOString(),
      ticks: clock.ticks,
      tickInterval: clock.tickInterval,
      running: clock.running,
    });
  return [
    { method: "GET", path: "/clock", handle: state },
    {
      method: "PUT",
      path: "/clock",
      handle: (request) => {
        const { time, tickInterval, running } = fields(request, ["time", "tickInterval", "running"]);
        if (running !== undefined && typeof running !== "boolean") {
          throw new HttpProblem(400, "`running` is true or false");
        }
        if (tickInterval !== undefined && typeof tickInterval !== "number") {
          throw new HttpProblem(400, "`tickInterval` is a number of milliseconds");
        }
        if (time !== undefined && typeof time !== "number" && typeof time !== "string") {
          throw new HttpProblem(400, "`time` is a date, or milliseconds since 1970");
        }
        const before = clock.tickInterval;
        // Both refuse what makes no sense; of a request that is refused nothing stays.
        if (tickInterval !== undefined) clock.tickInterval = tickInterval;
        try {
          if (time !== undefined) clock.set(time);
        } catch (error) {
          clock.tickInterval = before;
          throw error;
        }
        if (running !== undefined) clock.running = running;
        return state();
      },
    },
    {
      method: "POST",
      path: "/clock/step",
      handle: async (request) => {
        const { ticks = 1 } = fields(request, ["ticks"]);
        if (typeof ticks !== "number") throw new HttpProblem(400, "`ticks` is a number");
        await clock.step(ticks);
        return state();
      },
    },
  ];
}

const TOKEN_FIELDS = ["username", "token", "globalAdmin", "rights", "organisation"] as const;

function tokenRoutes({ tokens, token: main }: ControlHost): Route[] {
  return [
    { method: "GET", path: "/tokens", handle: () => ok(tokens.list()) },
    {
      method: "POST",
      path: "/tokens",
      handle: (request) => {
        const { username, token, globalAdmin, rights, organisation } = fields(request, TOKEN_FIELDS);
        if (typeof username !== "string" || username === "") throw new HttpProblem(400, "`username` is missing");
        if (token !== undefined && typeof token !== "string") throw new HttpProblem(400, "`token` is a text");
        if (globalAdmin !== undefined && typeof globalAdmin !== "boolean") {
          throw new HttpProblem(400, "`globalAdmin` is true or false");
        }
        if (rights !== undefined && !(Array.isArray(rights) && rights.every((each) => typeof each === "string"))) {
          throw new HttpProblem(400, "`rights` is a list of texts");
        }
        if (organisation !== undefined && typeof organisation !== "string") {
          throw new HttpProblem(400, "`organisation` is a text");
        }
        // In other hands, nobody could steer the sandbox any more.
        if (token === main) throw new HttpProblem(400, "The main token stays with its administrator");
        // The only time the whole token is shown: whoever asked has no other way to learn it.
        const record = tokens.add({
          username,
          ...(token === undefined ? {} : { token }),
          globalAdmin: globalAdmin === true,
          ...(rights === undefined ? {} : { rights }),
          ...(organisation === undefined ? {} : { organisation }),
        });
        return { status: 201, body: record };
      },
    },
  ];
}

/** Either `{"file": "..."}` as JSON, or the telemetry itself under any other content type, of any size. */
async function importBody(host: ControlHost, request: SandboxRequest): Promise<unknown> {
  const { stream, headers, signal } = request;
  if (stream === undefined) throw new HttpProblem(400, "There is nothing to import");
  if (/^application\/json\b/i.test(String(headers["content-type"] ?? ""))) {
    const body = await readBody(stream, 0, MAX_JSON);
    const { file } = checked(parseJson(body), ["file"]);
    if (typeof file !== "string" || file === "")
      throw new HttpProblem(400, "`file` is missing: a path on this machine");
    return await host.importFile(file, { signal });
  }
  const folder = await mkdtemp(join(tmpdir(), "cbapi-sandbox-import-"));
  try {
    const upload = join(folder, "upload.jsonl");
    await pipeline(stream, createWriteStream(upload, { mode: 0o600 }), { signal });
    return await host.importFile(upload, { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
