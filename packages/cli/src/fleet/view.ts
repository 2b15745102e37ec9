import type { JobOutcome, RunningJob, RunProgress } from "cbapi/response";
import { clockText, durationText } from "../draw/amounts.js";
import { barText } from "../draw/transfer-bar.js";
import { errorText } from "../shown-error.js";
import type { Terminal } from "../terminal.js";
import { cell, line, plural } from "../text-layout.js";
import { safeText } from "../text-safety.js";

/** Milliseconds between two drawings. */
const PAUSE = 250;
/** Milliseconds between two words on how far it is, where nobody watches. */
const WORD = 30_000;
/** How many endpoints that run, and how many outcomes, are shown at most. */
const ROWS = 10;
const LAST = 5;

/** How far a run is; of a fleet's, how many outcomes are not known as well. */
export type ShownProgress = RunProgress & { readonly unknown?: number };
/** What became of an endpoint, in one process or in a fleet. */
export type ShownOutcome = Pick<JobOutcome<unknown>, "target" | "error" | "attempts" | "ran"> & {
  readonly state: JobOutcome<unknown>["state"] | "unknown";
};

/** The run as it is shown: where it comes from does not matter. */
export interface ShownRun {
  progress(): ShownProgress;
  running(): readonly RunningJob[];
}

/** Shows a run: as a table that changes where somebody watches, and otherwise as lines. */
export class FleetView {
  readonly #terminal: Terminal;
  readonly #run: ShownRun;
  readonly #nameOf: (target: number | string) => string;
  /** Whether each outcome is a line of standard output. */
  readonly #printsAll: boolean;
  readonly #since = Date.now();
  readonly #last: ((width: number) => string)[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param options `quiet`: standard output is for JSON; `kept`: the outcomes can be read in a file */
  constructor(
    terminal: Terminal,
    run: ShownRun,
    options: { nameOf(target: number | string): string; quiet: boolean; kept: boolean },
  ) {
    this.#terminal = terminal;
    this.#run = run;
    this.#nameOf = options.nameOf;
    // In the table they are gone soon: enough only where there is one, and a file to read them in.
    this.#printsAll = !options.quiet && !(options.kept && terminal.isScreen && terminal.isWatched);
    this.#timer = setInterval(() => this.#draw(), terminal.isWatched ? PAUSE : WORD);
    this.#timer.unref();
  }

  /** An endpoint has ended. `value` is what its job returned, as it is kept. */
  outcome(outcome: ShownOutcome, value: unknown): void {
    const { colors, errorColors, width, isWatched } = this.#terminal;
    const name = this.#nameOf(outcome.target);
    const said = outcome.state === "done" ? shortJson(value) : errorText(outcome.error);
    const text = (columns: number, style = errorColors): string =>
      outcomeLine(outcome, name, said, { colors: style, width: columns });
    if (this.#printsAll) this.#terminal.print(text(width, colors));
    // It is gone from the table soon, and has to be found again.
    else if (isWatched && (outcome.state === "failed" || outcome.state === "unknown")) this.#terminal.note(text(width));
    if (!isWatched) return;
    this.#last.unshift(text);
    this.#last.length = Math.min(this.#last.length, LAST);
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#terminal.clear();
  }

  #draw(): void {
    const progress = this.#run.progress();
    const elapsed = Date.now() - this.#since;
    if (!this.#terminal.isWatched) {
      this.#terminal.note(countsText(progress, elapsed));
      return;
    }
    const { errorColors: colors, liveWidth: width, height } = this.#terminal;
    const room = Math.max(0, Math.min(ROWS, height - LAST - 5));
    const running = this.#run.running();
    const shown = running.slice(0, room).map((job) => runningLine(job, this.#nameOf(job.target), width));
    const more = running.length > room ? [colors.dim(`  and ${running.length - room} more`)] : [];
    const above = this.#printsAll && this.#terminal.isScreen;
    const last = above || this.#last.length === 0 ? [] : [colors.dim("last"), ...this.#last.map((text) => text(width))];
    const { done, failed, expired, cancelled, unknown = 0 } = progress;
    const ended = done + failed + expired + cancelled + unknown;
    const part = progress.total === 0 ? 0 : ended / progress.total;
    // In a narrow window the figures say more than the bar.
    const bar = width < 70 ? "" : `${barText(part, 20)} `;
    const head = line([[bar, colors.cyan], [countsText(progress, elapsed)]], width);
    this.#terminal.live([head, ...shown, ...more, ...last]);
  }
}

/** `81 done, 2 failed, 3 running, 12 waiting, 4 offline of 102, slots 3, 0:42` */
export function countsText(progress: ShownProgress, elapsed: number): string {
  const { total, totalKnown, done, failed, expired, cancelled, running, waiting, offline, slotsInUse } = progress;
  const parts: (readonly [number, string])[] = [
    [done, "done"],
    [failed, "failed"],
    [progress.unknown ?? 0, "unknown"],
    [expired, "expired"],
    [cancelled, "cancelled"],
    [running, "running"],
    [waiting, "waiting"],
    [offline, "offline"],
  ];
  const said = parts.filter(([count, what]) => count > 0 || what === "done" || what === "running");
  return `${said.map(([count, what]) => `${count} ${what}`).join(", ")} of ${total}${totalKnown ? "" : "+"}, slots ${slotsInUse}, ${clockText(elapsed)}`;
}

/** `  WIN-1 (5)    0:03  attempt 2   [####------] 40%` */
export function runningLine({ target, attempt, ran, progress }: RunningJob, name: string, width: number): string {
  const told =
    typeof progress === "number"
      ? `${barText(progress, 10)} ${Math.floor(Math.max(0, Math.min(1, progress)) * 100)}%`
      : safeText(progress ?? "");
  const again = attempt > 1 ? `attempt ${attempt}  ` : "";
  return line([[`  ${endpointCell(name, target, width)} ${clockText(ran).padStart(7)}  ${again}${told}`]], width);
}

/** `done      WIN-1 (5)  0.4 s  {"value":1}` */
export function outcomeLine(
  { state, target, ran, attempts }: ShownOutcome,
  name: string,
  said: string,
  { colors, width }: Pick<Terminal, "colors" | "width">,
): string {
  const style = state === "done" ? colors.green : state === "cancelled" ? colors.dim : colors.red;
  return line(
    [
      [state.padEnd(10), style],
      [endpointCell(name, target, width)],
      [` ${(attempts === 0 ? "" : durationText(ran)).padStart(7)}  `],
      [safeText(said).slice(0, width)],
    ],
    width,
  );
}

const endpointCell = (name: string, target: number | string, width: number): string =>
  cell(`${name} (${target})`, Math.max(12, Math.min(30, width - 34)));

/** Enough of a value to fill a line: it may be megabytes. */
function shortJson(value: unknown): string {
  if (value === undefined) return "";
  return JSON.stringify(value, (_name, item: unknown) =>
    typeof item === "string" && item.length > 200 ? `${item.slice(0, 200)}…` : item,
  );
}

/** What is said at the end. */
export class Tally {
  readonly #since = Date.now();
  readonly #counts = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  readonly #ran: number[] = [];
  readonly #queued: number[] = [];
  #slots = 0;
  #longest: { readonly name: string; readonly ran: number } | undefined;

  /** How many ended so. */
  count(state: JobOutcome<unknown>["state"]): number {
    return this.#counts.get(state) ?? 0;
  }

  progress({ slotsInUse }: RunProgress): void {
    this.#slots = Math.max(this.#slots, slotsInUse);
  }

  outcome({ state, ran, queued, attempts, error }: JobOutcome<unknown>, name: string): void {
    this.#counts.set(state, this.count(state) + 1);
    if (state === "failed" || state === "expired") {
      const reason = errorText(error).replaceAll(/\d+/g, "N").slice(0, 200);
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    }
    if (attempts === 0) return;
    this.#ran.push(ran);
    this.#queued.push(queued);
    if (ran >= (this.#longest?.ran ?? 0)) this.#longest = { name, ran };
  }

  lines(total: number): string[] {
    const states = (["done", "failed", "expired", "cancelled"] as const).filter((state) => this.count(state) > 0);
    const counts = states.map((state) => `${this.count(state)} ${state}`).join(", ");
    const lines = [
      `${plural(total, "endpoint")}: ${counts || "none ended"}, in ${durationText(Date.now() - this.#since)}, at most ${plural(this.#slots, "slot")} in use`,
    ];
    if (this.#longest !== undefined) {
      const { name, ran } = this.#longest;
      lines.push(
        `a job ran ${durationText(median(this.#ran))} (median), ${durationText(ran)} at the longest (${name}), and waited ${durationText(median(this.#queued))} (median)`,
      );
    }
    const reasons = [...this.#reasons].sort(([, a], [, b]) => b - a);
    for (const [reason, count] of reasons.slice(0, 5)) lines.push(`  ${count} x ${safeText(reason)}`);
    if (reasons.length > 5) lines.push(`  and ${reasons.length - 5} other reasons`);
    return lines;
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
