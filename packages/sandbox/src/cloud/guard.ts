import { HttpProblem, type Route, type SandboxRequest } from "../server/product.js";
import { connectorIn, requireRight } from "./accounts.js";
import type { CloudContext } from "./context.js";
import { findingsOf } from "./findings.js";
import type { CloudRoute } from "./part.js";

const V3 = "/integrationServices/";

/** What is checked before a route is asked, the same for all: the rate, the key, the organisation, and whether the route lives. */
export function guarded(context: CloudContext): (route: CloudRoute) => Route {
  const rate = new RateLimit(context);
  return ({ needs, kind, retired, findings, handle, ...route }) => {
    const status = route.path.startsWith(V3) ? 401 : 403;
    const check = ({ headers, user, params }: SandboxRequest): void => {
      rate.count();
      if (connectorIn(headers) === undefined) {
        throw new HttpProblem(401, "X-Auth-Token is the API secret, a slash, and the id of the connector");
      }
      if (retired !== undefined && context.behaviour.retired) {
        throw new HttpProblem(
          status === 401 ? 404 : 410,
          `This route is no longer served: ${retired}`,
          "ROUTE_RETIRED",
        );
      }
      const { org } = params;
      const mine = user.organisation === undefined || user.organisation === context.orgKey;
      if (org !== undefined && (org !== context.orgKey || !mine)) {
        throw new HttpProblem(403, `The API key gives no access to the organisation ${org}`);
      }
      requireRight(user, kind, status);
      requireRight(user, needs, status);
    };
    return {
      ...route,
      handle: (request) => {
        check(request);
        const wanted = findings === true ? findingsOf(context).ensure() : undefined;
        return wanted === undefined ? handle(request) : wanted.then(() => handle(request));
      },
    };
  };
}

/** How often the service may be asked: all clients of the sandbox are one source. */
class RateLimit {
  readonly #context: CloudContext;
  #times: number[] = [];

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Counts a request, also one that is refused: whoever goes on asking goes on waiting. */
  count(): void {
    const { behaviour } = this.#context;
    const { rateLimit, rateWindow } = behaviour;
    if (rateLimit <= 0) {
      this.#times = [];
      return;
    }
    const now = this.#context.now();
    const length = rateWindow * 1_000;
    this.#times = this.#times.filter((time) => time > now - length);
    const isOver = this.#times.length >= rateLimit;
    // What is refused counts in the place of the oldest, so that the list does not grow with it.
    if (isOver) this.#times.shift();
    this.#times.push(now);
    if (!isOver) return;
    const free = (this.#times[0] ?? now) + length - now;
    throw new HttpProblem(429, "Too many requests", "RATE_LIMITED", Math.max(1, Math.ceil(free / 1_000)));
  }
}
