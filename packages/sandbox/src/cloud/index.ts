import { isCheckinRound } from "../endpoint/presence.js";
import type { ProductServer } from "../product-server.js";
import { ownership } from "../server/prefixes.js";
import type { HttpProblem, Product, SandboxReply } from "../server/product.js";
import { identify } from "./accounts.js";
import { CLOUD_SWITCHES } from "./behaviour.js";
import type { CloudContext } from "./context.js";
import { guarded } from "./guard.js";
import { CLOUD_KINDS } from "./kinds.js";
import type { CloudPart } from "./part.js";
import { PARTS } from "./parts.js";
import { CloudProblem } from "./problem.js";

// For who uses the sandbox from outside: by way of this file he gets the kinds of objects that the others declare.
export type { AlertRecord } from "./alerts/record.js";
export type { CloudSwitches } from "./behaviour.js";

/** Carbon Black Cloud, as it serves one organisation. */
export interface CloudServer extends ProductServer {
  /** The key of the organisation. */
  readonly orgKey: string;
}

const PREFIXES = [
  ...["/access", "/api/alerts", "/api/investigate", "/api/livequery", "/appservices", "/asset_groups", "/audit_log"],
  ...["/device_control", "/integrationServices", "/jobs", "/livequery", "/policy-assignment"],
  ...[
    "/policyservice",
    "/recommendation-service",
    "/tau",
    "/threathunter",
    "/threatmetadata",
    "/ubs",
    "/vulnerability",
  ],
];

/** The cloud. What its parts need is made when somebody asks for it first. */
export function createCloudServer(context: CloudContext, makers = PARTS): CloudServer {
  for (const kind of CLOUD_KINDS) context.store.collection(kind);
  const parts = makers.map((make) => make(context));
  return {
    product: productOf(context, parts),
    version: context.version,
    orgKey: context.orgKey,
    settle: () => {
      for (const part of parts) part.settle?.();
    },
    settled: () => {
      const making = parts.flatMap((part) => part.making?.() ?? []);
      return making.length === 0 ? undefined : Promise.all(making).then(() => {});
    },
    release: () => {
      for (const part of parts) part.release?.();
    },
    close: async () => {
      await Promise.all(parts.map(async (part) => await part.close?.()));
    },
  };
}

function productOf(context: CloudContext, parts: readonly CloudPart[]): Product {
  const guard = guarded(context);
  return {
    name: "cloud",
    ...ownership(PREFIXES),
    behaviour: { ...CLOUD_SWITCHES },
    routes: parts.flatMap(({ routes }) => routes).map(guard),
    tick: async (tick, now) => {
      const isCheckin = isCheckinRound(context.presence, tick, now);
      for (const part of parts) {
        // What is done at once is done within this turn.
        const going = part.tick?.(tick, now, isCheckin);
        if (going !== undefined) await going;
      }
    },
    get headers() {
      return { "Content-Type": "application/json", Date: new Date(context.now()).toUTCString() };
    },
    identify: (token, known) => identify(token, known, context.tokens()),
    unauthorized: "The API key is not known",
    problem: problemReply,
  };
}

const CODES = new Map<number, string>(
  Object.entries({ 400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT" }).map(
    ([status, code]) => [Number(status), code],
  ),
);

function problemReply(problem: HttpProblem, { path }: { path: string }): SandboxReply {
  const { status, message, reason } = problem;
  if (path.startsWith("/integrationServices/")) return { status, body: { success: false, message } };
  // A query that cannot be read is known by its reason alone, whichever route was asked.
  const malformed = reason === "query_malformed_syntax";
  const code = malformed ? "INVALID_QUERY" : (reason ?? CODES.get(status) ?? `HTTP_${status}`);
  const details = problem instanceof CloudProblem ? problem.details : {};
  return { status, body: { error_code: code, message, ...(malformed ? { reason } : {}), ...details } };
}
