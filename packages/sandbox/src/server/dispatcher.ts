import { BlockList, isIPv6 } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { parseJson, readBody } from "./body.js";
import { type FaultContext, faultReply } from "./fault-reply.js";
import type { FaultPlan } from "./faults.js";
import { ownersOf } from "./prefixes.js";
import { HttpProblem, type Product, type SandboxReply, type TokenRecord } from "./product.js";
import { type RenderedReply, renderReply } from "./reply.js";
import type { LoggedRequest, RequestLog } from "./request-log.js";
import { Router } from "./router.js";
import { parseTarget, type Target } from "./target.js";
import type { TokenRing } from "./tokens.js";
import type { Answer, Incoming } from "./wire.js";

/** What a dispatcher works with. */
export interface DispatcherParts {
  /** Asked at every request: a reset puts other products in place. */
  products: () => readonly Product[];
  /** A reset that is under way, for requests to wait for; undefined when there is none. */
  pause?: () => Promise<void> | undefined;
  /** The control routes: for clients on this machine only, and neither logged nor met by faults. */
  control?: Product;
  tokens: TokenRing;
  faults: FaultPlan;
  log: RequestLog;
  /** Largest request body in bytes. */
  bodyLimit: number;
}

type Entry = Omit<LoggedRequest, "id">;

const UNAUTHORIZED = "Method not allowed, unauthorized";

/** From a request to its answer, for all products alike: faults, tokens, routes, bodies, errors, the request log. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #routers = new WeakMap<Product, Router>();
  /** Routes of products that are running. */
  #running = 0;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Resolves when no route of a product is running any more, or after `limit` milliseconds. */
  async settled(limit: number): Promise<void> {
    const deadline = performance.now() + limit;
    while (this.#running > 0 && performance.now() < deadline) await sleep(5);
  }

  /** Never rejects: whatever goes wrong becomes an answer and is kept in the log. */
  async dispatch(incoming: Incoming): Promise<Answer> {
    const started = performance.now();
    const { log, control } = this.#parts;
    const entry: Entry = {
      time: new Date().toISOString(),
      method: incoming.method,
      path: incoming.target,
      status: 0,
      duration: 0,
    };
    let answer: Answer;
    let logged = true;
    try {
      const target = parseTarget(incoming.target);
      if (control?.owns(target.path)) {
        logged = false;
        answer = { kind: "reply", reply: await this.#control(control, incoming, target, entry) };
      } else {
        answer = await this.#answer(incoming, target, entry);
      }
    } catch (error) {
      answer = this.#lastResort(incoming, error);
    }
    entry.status = answer.kind === "reply" ? answer.reply.status : 0;
    entry.duration = Math.round((performance.now() - started) * 10) / 10;
    if (logged) log.add(entry);
    return answer;
  }

  async #answer(incoming: Incoming, target: Target, entry: Entry): Promise<Answer> {
    const { products, pause, faults } = this.#parts;
    const request = { method: incoming.method, path: target.path, target: incoming.target };
    const decision = faults.decide(request);
    const serve = async (): Promise<RenderedReply> => {
      // Asked again after each wait, because the next reset may have begun meanwhile.
      for (let wait = pause?.(); wait !== undefined; wait = pause?.()) await wait;
      return await this.#serve(products(), incoming, target, entry);
    };
    if (decision === undefined) return { kind: "reply", reply: await serve() };
    entry.fault = decision.label;
    const [owner] = ownersOf(products(), target.path);
    const context: FaultContext = {
      serve,
      refuse: (status, message) => refusal(owner, new HttpProblem(status, message), request),
      signal: incoming.signal,
    };
    return await faultReply(decision, context);
  }

  async #control(control: Product, incoming: Incoming, target: Target, entry: Entry): Promise<RenderedReply> {
    if (!isLoopback(incoming.remoteAddress)) {
      return refusal(control, new HttpProblem(403, "The control routes answer this machine only"), {
        method: incoming.method,
        path: target.path,
      });
    }
    return await this.#serve([control], incoming, target, entry);
  }

  async #serve(products: readonly Product[], incoming: Incoming, target: Target, entry: Entry): Promise<RenderedReply> {
    const { method, headers } = incoming;
    const request = { method, path: target.path };
    const owners = ownersOf(products, target.path);
    const [owner] = owners;
    if (owner === undefined) return refusal(undefined, this.#missing(products, request), request);
    entry.product = owner.name;
    const token = headers["x-auth-token"];
    const known = this.#parts.tokens.find(token);
    const user =
      owner.identify === undefined ? known : owner.identify(typeof token === "string" ? token : undefined, known);
    if (user === undefined) return refusal(owner, new HttpProblem(401, owner.unauthorized ?? UNAUTHORIZED), request);
    entry.username = user.username;
    const allow: string[] = [];
    for (const product of owners) {
      const found = this.#router(product).find(method, target.segments);
      if (found === undefined) continue;
      if ("allow" in found) {
        allow.push(...found.allow);
        continue;
      }
      entry.product = product.name;
      entry.route = found.route.path;
      return await this.#run(product, found, incoming, target, user);
    }
    if (allow.length === 0) return refusal(owner, this.#missing(products, request), request);
    const problem = new HttpProblem(
      405,
      `${method} is not allowed here; ${allow.join(", ")} ${allow.length > 1 ? "are" : "is"}`,
    );
    const reply = refusal(owner, problem, request);
    return { ...reply, headers: { ...reply.headers, allow: allow.join(", ") } };
  }

  async #run(
    product: Product,
    { route, params }: Extract<ReturnType<Router["find"]>, { route: unknown }>,
    incoming: Incoming,
    target: Target,
    user: TokenRecord,
  ): Promise<RenderedReply> {
    const { method, headers, signal } = incoming;
    const counted = product !== this.#parts.control;
    if (counted) this.#running++;
    try {
      const declared = Number(headers["content-length"] ?? 0);
      const body = route.streamsBody ? Buffer.alloc(0) : await readBody(incoming.body, declared, this.#parts.bodyLimit);
      const reply = await route.handle({
        method,
        path: target.path,
        params,
        query: target.query,
        headers,
        body,
        ...(route.streamsBody ? { stream: incoming.body ?? Readable.from([]) } : {}),
        json: () => parseJson(body),
        user,
        signal,
      });
      return renderReply(reply, product.headers);
    } catch (error) {
      if (error instanceof HttpProblem) return refusal(product, error, { method, path: target.path });
      if (signal.aborted) throw error;
      this.#parts.log.addFailure(`${method} ${incoming.target}`, error);
      const text = "Internal error of the sandbox; GET /_sandbox/requests tells what happened";
      return refusal(product, new HttpProblem(500, text), { method, path: target.path });
    } finally {
      if (counted) this.#running--;
    }
  }

  #router(product: Product): Router {
    const known = this.#routers.get(product) ?? new Router(product.routes);
    this.#routers.set(product, known);
    return known;
  }

  #missing(products: readonly Product[], { method, path }: { method: string; path: string }): HttpProblem {
    if (products[0] !== this.#parts.control) this.#parts.log.addMissing(method, path);
    const served = products.map((product) => product.name).join(", ") || "no product";
    return new HttpProblem(404, `No route ${method} ${path}. This sandbox serves: ${served}`);
  }

  /** For what no product could be found responsible for, and for products whose own form of error fails. */
  #lastResort(incoming: Incoming, error: unknown): Answer {
    if (incoming.signal.aborted) return { kind: "none" };
    if (error instanceof HttpProblem) return { kind: "reply", reply: renderReply(plain(error)) };
    this.#parts.log.addFailure(`${incoming.method} ${incoming.target}`, error);
    return { kind: "reply", reply: renderReply(plain(new HttpProblem(500, "Internal error of the sandbox"))) };
  }
}

function refusal(
  product: Product | undefined,
  problem: HttpProblem,
  request: { method: string; path: string },
): RenderedReply {
  if (product === undefined) return renderReply(plain(problem));
  const reply = renderReply(product.problem(problem, request), product.headers);
  const retryAfter = problem.retryAfter ?? (problem.status === 429 || problem.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) reply.headers["retry-after"] ??= String(retryAfter);
  return reply;
}

const plain = (problem: HttpProblem): SandboxReply => ({
  status: problem.status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: problem.message,
});

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plainAddress = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return loopback.check(plainAddress, isIPv6(plainAddress) ? "ipv6" : "ipv4");
}
