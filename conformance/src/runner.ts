import { isDeepStrictEqual } from "node:util";
import { RecordedClock } from "./clock.js";
import { compareError } from "./compare-error.js";
import { type Comparison, compareValue, show } from "./compare-value.js";
import { withPlaces } from "./credentials.js";
import {
  departures as allDepartures,
  type Departure,
  describeDeparture,
  type GeneralDeparture,
  isExchangeDeparture,
  isStepDeparture,
  type ResultDeparture,
  recordedPart,
  type StepDeparture,
  withAccepted,
} from "./departures.js";
import { isModel } from "./objects.js";
import { fillIn } from "./placeholders.js";
import { findProduct } from "./products.js";
import { Recording } from "./recording.js";
import { ReplayServer } from "./server.js";
import { type Given, Session } from "./session.js";
import { findUnsupported } from "./support.js";
import { type Document, type RecordedResult, type Step, type Vector, type VectorFile, vectorId } from "./vector.js";

/** What came of one vector. */
export interface Outcome {
  readonly file: string;
  readonly vector: string;
  readonly title: string;
  readonly status: "passed" | "failed" | "unsupported";
  /** What differs, or what the library does not have yet. */
  readonly reasons: readonly string[];
  /** The rows of the table that were made use of. */
  readonly departures: readonly string[];
  readonly general: readonly GeneralDeparture[];
  /** Recorded requests that were not needed. */
  readonly spared: readonly string[];
}

/** What a step came to: a value or an error. */
type Actual = Given | { readonly error: unknown };

/** Replays all vectors, one after the other, against one server. */
export async function runAll(
  files: readonly VectorFile[],
  departures: readonly Departure[] = allDepartures,
): Promise<Outcome[]> {
  await using server = await ReplayServer.start();
  const outcomes: Outcome[] = [];
  for (const { file, vector, problem } of files) {
    if (vector === undefined) {
      outcomes.push({ ...emptyOutcome(file, file, ""), status: "failed", reasons: [problem ?? "is no vector"] });
    } else outcomes.push(await runVector(file, vector, server, departures));
  }
  return outcomes;
}

async function runVector(
  file: string,
  vector: Vector,
  server: ReplayServer,
  departures: readonly Departure[],
): Promise<Outcome> {
  const empty = emptyOutcome(file, vectorId(vector), vector.title);
  const unsupported = findUnsupported(vector);
  if (unsupported.length > 0) return { ...empty, status: "unsupported", reasons: unsupported };

  const rows = departures.filter((row) => row.vector === vectorId(vector));
  const recording = new Recording(vector, rows.filter(isExchangeDeparture));
  const run = new VectorRun(
    vector,
    server,
    rows.filter((row): row is ResultDeparture | StepDeparture => !isExchangeDeparture(row)),
  );
  const differences = await run.replay(recording);
  const spared = recording.finish();
  for (const met of recording.general) run.general.add(met);
  if (spared.length > 0) run.general.add("fewer requests");
  const reasons = [...recording.differences, ...differences];
  return {
    ...empty,
    status: reasons.length === 0 ? "passed" : "failed",
    reasons,
    departures: [...recording.used, ...run.used].map(describeDeparture),
    general: [...run.general],
    spared,
  };
}

function emptyOutcome(file: string, vector: string, title: string): Outcome {
  return { file, vector, title, status: "passed", reasons: [], departures: [], general: [], spared: [] };
}

/** One vector on its way through its steps. */
class VectorRun {
  readonly general = new Set<GeneralDeparture>();
  readonly used = new Set<Departure>();
  readonly #vector: Vector;
  readonly #server: ReplayServer;
  readonly #departures: readonly ResultDeparture[];
  readonly #steps: readonly StepDeparture[];

  constructor(vector: Vector, server: ReplayServer, departures: readonly (ResultDeparture | StepDeparture)[]) {
    this.#vector = vector;
    this.#server = server;
    this.#departures = departures.filter((row): row is ResultDeparture => !isStepDeparture(row));
    this.#steps = departures.filter(isStepDeparture);
  }

  async replay(recording: Recording): Promise<string[]> {
    const { places } = this.#server;
    const clock = new RecordedClock();
    const api = this.#vector.api ?? this.#vector.product;
    const session = new Session(api, fillIn(this.#vector.options ?? {}, places), places, clock);
    const differences: string[] = [];
    this.#server.play(recording, clock);
    try {
      for (const [index, recorded] of this.#vector.call.entries()) {
        const step = this.#withOptions(index, fillIn(recorded, places));
        const result = this.#vector.result[index] ?? {};
        const actual = await carryOut(session, step, result);
        differences.push(...this.#compareStep(index, actual).map((text) => `${describeStep(index, step)}: ${text}`));
        const accepted = this.#acceptedStep(index, step);
        if (accepted === undefined) continue;
        const again = await carryOut(session, accepted, {});
        if ("error" in again) differences.push(`${describeStep(index, accepted)}: failed with ${show(again.error)}`);
      }
    } finally {
      await session.close();
      this.#server.stop();
    }
    return differences;
  }

  /** A step with the options that the table adds. */
  #withOptions(index: number, step: Step): Step {
    const row = this.#steps.find((departure) => departure.step === index);
    if (row === undefined) return step;
    this.used.add(row);
    return { ...step, kwargs: { ...step.kwargs, ...row.kwargs } };
  }

  /** A step that was refused as the table says, as it would not have been. */
  #acceptedStep(index: number, step: Step): Step | undefined {
    const { without } = this.#departures.find((row) => row.step === index && row.without !== undefined) ?? {};
    if (without === undefined) return undefined;
    const rest = (given: Document = {}): Document =>
      Object.fromEntries(Object.entries(given).filter(([name]) => !without.includes(name)));
    return step.kwargs === undefined ? { ...step, values: rest(step.values) } : { ...step, kwargs: rest(step.kwargs) };
  }

  /** Compares a step with what was recorded, and with what the table accepts in its place. */
  #compareStep(index: number, actual: Actual): string[] {
    const recorded = this.#vector.result[index] ?? {};
    const rows = this.#departures.filter(({ step }) => step === index);
    const outdated = rows.filter((row) => !isDeepStrictEqual(recordedPart(recorded, row), row.recorded));
    if (outdated.length > 0) {
      return outdated.map((row) => `the recording no longer says what the table says: ${describeDeparture(row)}`);
    }
    const met = (departure: GeneralDeparture) => this.general.add(departure);
    const differences = this.#compare(rows.reduce(withAccepted, recorded), actual, met);
    if (differences.length > 0) return differences;
    for (const row of rows) {
      const others = rows.filter((other) => other !== row);
      if (this.#compare(others.reduce(withAccepted, recorded), actual, () => {}).length === 0) {
        differences.push(`a departure is not needed, remove it from the table: ${describeDeparture(row)}`);
      } else this.used.add(row);
    }
    return differences;
  }

  #compare(recorded: RecordedResult, actual: Actual, met: Comparison["met"]): string[] {
    const { value, error, printed } = withPlaces(fillIn(recorded, this.#server.places));
    if (printed !== undefined) return [`the recorded client printed ${show(printed)}; the library prints nothing`];
    const product = findProduct(this.#vector.api ?? this.#vector.product);
    const comparison: Comparison = {
      names: product?.names ?? findProduct("response")?.names ?? {},
      met,
    };
    if (error !== undefined) {
      if (!("error" in actual)) return [`an error of class ${error.class} was expected; there was none`];
      return compareError(error, actual.error, comparison.names, met);
    }
    if ("error" in actual) return [`failed with ${show(actual.error)}`];
    if (value === null && isModel(actual.value)) {
      met("returned value");
      return [];
    }
    return compareValue(value ?? null, actual.value, "", comparison);
  }
}

async function carryOut(session: Session, step: Step, result: RecordedResult): Promise<Actual> {
  try {
    const given = await session.run(step);
    // Selecting requests nothing here: what is wrong with it may come out at the first await.
    if (result.error !== undefined) await session.settle(step);
    return given;
  } catch (error) {
    return { error };
  }
}

function describeStep(index: number, step: Step): string {
  const words = [step.do, step.on, step.method ?? step.model].filter((word) => word !== undefined);
  return `step ${index} (${words.join(" ")})`;
}
