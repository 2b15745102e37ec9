import { CbApiError } from "../core/errors.js";
import { type Identify, type JobContext, Jobs } from "../live-response/scheduler/index.js";
import { type Behaviour, Endpoints, type TestSession } from "./endpoints.js";
import { VirtualClock } from "./virtual-clock.js";

interface Numbers {
  /** Sessions that jobs may have. */
  readonly slots?: number;
  /** Slots of the server. */
  readonly server?: number;
}

interface Parts<Target> {
  readonly clock: VirtualClock;
  readonly endpoints: Endpoints;
  readonly jobs: Jobs<TestSession, Target>;
  readonly log: string[];
  /** Milliseconds since it was set up. */
  readonly elapsed: () => number;
}

/** Jobs over endpoints in memory, on a clock of their own. */
export function setUp(behaviour?: (target: number) => Behaviour, numbers: Numbers = {}): Parts<number> {
  return setUpWith(byId, behaviour, numbers);
}

/** The same, with targets of another kind. */
export function setUpWith<Target>(
  identify: Identify<Target>,
  behaviour?: (target: number) => Behaviour,
  { slots, server }: Numbers = {},
): Parts<Target> {
  const clock = new VirtualClock();
  const endpoints = new Endpoints(clock, behaviour, server);
  const log: string[] = [];
  const jobs = new Jobs<TestSession, Target>({
    clock,
    source: endpoints,
    availability: endpoints,
    noun: "Sensor",
    identify,
    log: (line) => log.push(line),
    ...(slots === undefined ? {} : { slots }),
  });
  const start = clock.now();
  const elapsed = () => clock.now() - start;
  return { clock, endpoints, jobs, log, elapsed };
}

function byId(target: unknown): number {
  if (Number.isInteger(target)) return Number(target);
  throw new CbApiError(`a sensor is named by its id, got ${String(target)}`);
}

/** A job that is one command of so many milliseconds. */
export const take =
  (milliseconds: number) =>
  (session: TestSession, { signal }: JobContext) =>
    session.command(milliseconds, signal);

export const range = (count: number, from = 1): number[] => Array.from({ length: count }, (_, place) => from + place);
