import { withoutAdditions } from "./app-control.js";
import type { ExchangeDeparture, GeneralDeparture } from "./departures.js";
import { asRecorded } from "./investigate.js";
import { closesCloudSession, closesSession, isPoll, RandomNames, readsSessions, withoutWish } from "./live-response.js";
import { compareRequest, describeRequest, type ReceivedRequest } from "./request.js";
import type { Exchange, RecordedRequest, Vector } from "./vector.js";

/** Recorded exchanges, one for each time that they were seen. */
interface Turn {
  readonly exchange: Exchange;
  /** Its place in the vector's list. */
  readonly index: number;
  state: "waiting" | "played" | "passed over";
}

/** Leeway of the pauses, in seconds: recorded ones are rounded. */
const ROUNDING = 0.01;

/**
 * Compares the requests of one vector with the recorded ones, in order, and says what to answer. A request that differs
 * is noted and answered all the same where it can be told which one was meant, so that one difference is one message.
 */
export class Recording {
  readonly differences: string[] = [];
  /** The general departures that were made use of. */
  readonly general = new Set<GeneralDeparture>();
  readonly #names = new RandomNames();
  /** Requests that close sessions and were not recorded. */
  readonly #closings = new Set<string>();
  readonly #turns: readonly Turn[];
  readonly #unordered: boolean;
  readonly #truncated: boolean;
  readonly #departures: readonly ExchangeDeparture[];
  readonly #used = new Set<ExchangeDeparture>();
  #latest: Turn | undefined;

  constructor(vector: Vector, departures: readonly ExchangeDeparture[] = []) {
    this.#turns = vector.exchanges.flatMap((exchange, index) =>
      Array.from({ length: exchange.times ?? 1 }, (): Turn => ({ exchange, index, state: "waiting" })),
    );
    this.#unordered = vector.unordered === true;
    this.#truncated = vector.truncated === true;
    this.#departures = departures;
  }

  /**
   * The exchange that answers a request; `undefined` when there is none like it.
   * @param waited - seconds since the answer before
   */
  take(request: ReceivedRequest, waited: number): Exchange | undefined {
    const again = this.#again(request) ?? this.#added(request);
    if (again !== undefined) return again;
    const turn = this.#find(request);
    if (turn === undefined) return this.#unknown(request);
    turn.state = "played";
    this.#latest = turn;
    this.#checkPause(turn, waited);
    return turn.exchange;
  }

  /** Notes what was recorded and never sent, and returns what was rightly spared. */
  finish(): string[] {
    const spared: string[] = [];
    for (const [place, turn] of this.#turns.entries()) {
      if (turn.state === "played") continue;
      const what = describeRequest(turn.exchange.request);
      if (this.#isUnsent(turn)) continue;
      if (turn.state === "passed over" || this.#mayBeSpared(place)) spared.push(what);
      else this.differences.push(`never sent: ${what}`);
    }
    for (const departure of this.#departures) {
      if (this.#used.has(departure) || departure.sometimes === true) continue;
      this.differences.push(`the departure at exchange ${departure.exchange} is not needed: remove it from the table`);
    }
    return spared;
  }

  /** The departures that a request made use of. */
  get used(): ReadonlySet<ExchangeDeparture> {
    return this.#used;
  }

  /** The answer to a request that a departure has sent once more behind the latest exchange. */
  #again(request: ReceivedRequest): Exchange | undefined {
    const departure = this.#departures.find(
      (row) => row.exchange === this.#latest?.index && row.again === describeRequest(request) && !this.#used.has(row),
    );
    if (departure === undefined) return undefined;
    const exchange = this.#turns.findLast((turn) => sameRoute(turn.exchange.request, request))?.exchange;
    if (exchange !== undefined) this.#used.add(departure);
    return exchange;
  }

  /** The answer to a request that a departure adds behind the latest exchange. */
  #added(request: ReceivedRequest): Exchange | undefined {
    const departure = this.#departures.find(
      (row) =>
        row.exchange === this.#latest?.index && row.added?.request === describeRequest(request) && !this.#used.has(row),
    );
    if (departure?.added === undefined) return undefined;
    this.#used.add(departure);
    const { answer: body } = departure.added;
    return { request: { ...request, query: request.query, headers: {} }, response: { body, bodyEncoding: "json" } };
  }

  /** Whether a departure says that this is not sent. */
  #isUnsent({ index, state }: Turn): boolean {
    const departure = this.#departures.find(({ exchange, unsent }) => exchange === index && unsent === true);
    if (departure === undefined || state === "played") return false;
    this.#used.add(departure);
    return true;
  }

  #find(request: ReceivedRequest): Turn | undefined {
    const waiting = [...this.#turns.entries()].filter(([, turn]) => turn.state !== "played");
    for (const [place, turn] of waiting) {
      if (turn.state === "passed over" || !this.#matches(turn, request)) continue;
      if (!this.#unordered && !this.#isEarlier(place, turn)) this.#passOver(place, request);
      return turn;
    }
    // None is the same: the next one to the same route was meant.
    const like = waiting.find(([, { exchange }]) => sameRoute(exchange.request, request))?.[1];
    if (like === undefined) return undefined;
    const differences = compareRequest(like.exchange.request, request);
    this.differences.push(
      differences.length === 0
        ? `${describeRequest(request)} was sent too late`
        : `${describeRequest(like.exchange.request)}: ${differences.join("; ")}`,
    );
    return like;
  }

  /** Whether a request is the recorded one, or what a departure accepts in its place. */
  #matches(turn: Turn, request: ReceivedRequest): boolean {
    const expected = turn.exchange.request;
    if (compareRequest(expected, request).length === 0) return true;
    if (this.#matchesInGeneral(expected, request)) return true;
    const departure = this.#departures.find((row) => row.exchange === turn.index && replaces(row));
    if (departure === undefined || compareRequest(withReplaced(expected, departure), request).length > 0) return false;
    this.#used.add(departure);
    return true;
  }

  /** Whether a request is the recorded one, but for what may differ in all recordings. */
  #matchesInGeneral(expected: RecordedRequest, request: ReceivedRequest): boolean {
    const accepted = [
      ["long poll", withoutWish(request)],
      ["random name", this.#names.translate(expected, request)],
      withoutAdditions(expected, request) ?? ["order by id", undefined],
      asRecorded(expected, request) ?? ["page size", undefined],
    ] as const;
    const met = accepted.find(([, other]) => other !== undefined && compareRequest(expected, other).length === 0);
    if (met === undefined) return false;
    this.general.add(met[0]);
    return true;
  }

  /** Whether a departure says that this may come before what stands before it in the recording. */
  #isEarlier(place: number, { index }: Turn): boolean {
    const departure = this.#departures.find(({ exchange, earlier }) => exchange === index && earlier === true);
    if (departure === undefined || this.#turns.slice(0, place).every(({ state }) => state !== "waiting")) return false;
    this.#used.add(departure);
    return true;
  }

  /** Leaves behind what stands before a request in the recording, and notes what should have come first. */
  #passOver(place: number, request: ReceivedRequest): void {
    for (const [before, turn] of this.#turns.slice(0, place).entries()) {
      if (turn.state !== "waiting" || this.#isUnsent(turn)) continue;
      if (this.#mayBeSpared(before)) turn.state = "passed over";
      else
        this.differences.push(`${describeRequest(request)} was sent before ${describeRequest(turn.exchange.request)}`);
    }
  }

  /** A document that was read before and not written since need not be read again. */
  #mayBeSpared(place: number): boolean {
    const request = this.#turns[place]?.exchange.request;
    if (request?.method !== "GET") return false;
    if (readsSessions(request)) {
      this.general.add("own session");
      return true;
    }
    for (const { exchange } of this.#turns.slice(0, place).reverse()) {
      if (exchange.request.method !== "GET") return false;
      if (describeRequest(exchange.request) === describeRequest(request)) return true;
    }
    return false;
  }

  #checkPause(turn: Turn, waited: number): void {
    const wanted = turn.exchange.waitedSeconds ?? 0;
    if (waited >= wanted - ROUNDING) return;
    if (isPoll(turn.exchange.request)) {
      this.general.add("polls");
      return;
    }
    const departure = this.#departures.find(({ exchange, pause }) => exchange === turn.index && pause === "free");
    if (departure !== undefined) this.#used.add(departure);
    else {
      const what = describeRequest(turn.exchange.request);
      this.differences.push(`${what} was sent after a pause of ${waited} s, recorded ${wanted} s`);
    }
  }

  /** The answer to the first request of each kind with which a session of a job is closed. */
  #closing(request: ReceivedRequest): Exchange | undefined {
    const what = describeRequest(request);
    const closed = closesCloudSession(request);
    const key = closed ?? what;
    if ((closed === undefined && !closesSession(request)) || this.#closings.has(key)) return undefined;
    const path = closed ?? request.path;
    const session = this.#turns.findLast(({ exchange }) => exchange.request.path === path);
    if (session === undefined) return undefined;
    this.#closings.add(key);
    this.general.add("closed sessions");
    return session.exchange;
  }

  #unknown(request: ReceivedRequest): Exchange | undefined {
    const closing = this.#unordered ? this.#closing(request) : undefined;
    if (closing !== undefined) return closing;
    if (this.#truncated && this.#turns.every(({ state }) => state === "played")) {
      // The recording ends here and the action goes on: it may ask again for what it has asked for.
      return this.#turns.findLast(({ exchange }) => sameRoute(exchange.request, request))?.exchange;
    }
    this.differences.push(`sent and not recorded: ${describeRequest(request)}`);
    return undefined;
  }
}

/** Whether a departure has something else sent than was recorded. */
function replaces({ query, path, json }: ExchangeDeparture): boolean {
  return query !== undefined || path !== undefined || json !== undefined;
}

/** A recorded request with what a departure accepts in its place; as it is when it says something else by now. */
function withReplaced(expected: RecordedRequest, { query, path, json }: ExchangeDeparture): RecordedRequest {
  const replaced = expected.query.map(([name, value]) =>
    name === query?.recorded[0] && value === query.recorded[1] ? query.accepted : ([name, value] as const),
  );
  return {
    ...expected,
    query: replaced,
    path: path?.recorded === expected.path ? path.accepted : expected.path,
    ...(json === undefined ? {} : { json }),
  };
}

function sameRoute(recorded: RecordedRequest, request: ReceivedRequest): boolean {
  return recorded.method === request.method && recorded.path === request.path;
}
