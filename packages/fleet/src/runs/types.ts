import type { StoredFile } from "../job.js";

/**
 * How a job ended on an endpoint. `done`: it returned. `failed`: it threw, used up its time, or no session could be opened.
 * `expired`: it had not begun at the deadline. `cancelled`: by `cancel()`. `unknown`: it changes the endpoint, had begun, and
 * nobody knows how far it came, as its worker died or its session was lost; it is not begun again unless `rerun` was asked for.
 */
export type OutcomeState = "done" | "failed" | "expired" | "cancelled" | "unknown";

/** @internal All of them. */
export const OUTCOME_STATES: readonly OutcomeState[] = ["done", "failed", "expired", "cancelled", "unknown"];

/** Why a job is not done. */
export interface OutcomeError {
  /** Of its class: `LiveResponseError`. */
  readonly name: string;
  /** A stable text to branch on, where there is one. */
  readonly code?: string | undefined;
  /** For people. */
  readonly message: string;
}

/** What became of a job on one endpoint: there is exactly one for each target of a run. */
export interface FleetOutcome {
  /** The id of the sensor. */
  readonly target: number;
  /** Its computer name, where it was given when the run was submitted. */
  readonly hostname?: string | undefined;
  /** How it ended. */
  readonly state: OutcomeState;
  /** What the job returned, as JSON; bytes in it are `StoredFile`s. */
  readonly value?: unknown;
  /** The files that were kept. */
  readonly files?: readonly StoredFile[] | undefined;
  /** Why it is not `done`. */
  readonly error?: OutcomeError | undefined;
  /** How often it was begun. */
  readonly attempts: number;
  /** When it was begun last, in milliseconds since 1970. */
  readonly started?: number | undefined;
  /** When it ended, in milliseconds since 1970. */
  readonly ended: number;
  /** The worker that had it. */
  readonly worker?: string | undefined;
}

/** How a run is submitted. */
export interface SubmitOptions {
  /** What the job is given as `context.params`: anything that JSON can say, up to 256 KiB. */
  readonly params?: unknown;
  /** The run's own name. Submitting the same once more under it adds the targets that are missing, and nothing twice. */
  readonly id?: string | undefined;
  /** Until when jobs must have begun: milliseconds from now, or a time. Default 24 hours; 0 or Infinity: no limit. */
  readonly deadline?: number | Date | undefined;
  /** Milliseconds that a job may run. Default one hour; 0 or Infinity: no limit. */
  readonly jobTimeout?: number | undefined;
  /** How often a job is begun again when its session was lost or its worker has died. Default 3. */
  readonly retries?: number | undefined;
  /** Whether that holds for a job that changes the endpoint, too. Default false: its outcome is `unknown` then. */
  readonly rerun?: boolean | undefined;
  /** From 0 to 1,000,000: jobs with a higher number go first. Default 0. */
  readonly priority?: number | undefined;
  /** The longest pause between two looks at a sensor that is offline, in milliseconds. Default 60 000. */
  readonly recheck?: number | undefined;
  /** Milliseconds in which a session must be open. Default 360 000. */
  readonly openTimeout?: number | undefined;
  /** Milliseconds for which the run and its results are remembered after its end. Default 30 days. */
  readonly keep?: number | undefined;
  /** Submits a job that no worker has offered for this server yet. Default false: that is an error. */
  readonly unoffered?: boolean | undefined;
  /** Stops submitting. What was submitted stays: cancel the run, or submit it again under its id. */
  readonly signal?: AbortSignal | undefined;
}

/** A sensor: its id, or with its computer name for the results. */
export type FleetTarget = number | { readonly id: number; readonly hostname?: string | undefined };

/** A run as it was submitted. */
export interface RunRecord {
  readonly id: string;
  readonly job: string;
  readonly params: unknown;
  readonly created: number;
  /** When jobs must have begun; undefined for no limit. */
  readonly deadline: number | undefined;
  readonly jobTimeout: number;
  readonly retries: number;
  readonly rerun: boolean;
  readonly priority: number;
  readonly recheck: number;
  readonly openTimeout: number;
}

/** A job that runs at the moment. */
export interface FleetRunningJob {
  /** The id of the sensor. */
  readonly target: number;
  /** Its computer name, where it was given. */
  readonly hostname?: string | undefined;
  /** 1 for the first. */
  readonly attempt: number;
  /** The worker that has it. */
  readonly worker: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What it said last of how far it is. */
  readonly progress?: number | string | undefined;
}

/** How far a run is. */
export interface RunStatus extends Readonly<Record<OutcomeState, number>> {
  /** The id that it was submitted under. */
  readonly id: string;
  /** The name of its job. */
  readonly job: string;
  /** The address of the server, or the name that it was given. */
  readonly server: string;
  /** `submitting`: targets are still being added, or whoever did so has gone; submit again under the run's id. */
  readonly state: "submitting" | "running" | "cancelling" | "ended";
  /** How many targets there are so far; all of them, unless it is being submitted. */
  readonly total: number;
  /** Jobs that run on an endpoint. */
  readonly running: number;
  /** Jobs that wait for their turn, for a slot or for a session. */
  readonly waiting: number;
  /** Jobs that wait for an endpoint that is offline; they hold no slot. */
  readonly offline: number;
  /** Those that run, one by one. */
  readonly jobs: readonly FleetRunningJob[];
  /** Milliseconds since 1970. */
  readonly created: number;
  /** When jobs must have begun, in milliseconds since 1970; undefined for no limit. */
  readonly deadline: number | undefined;
  /** Milliseconds since 1970; undefined while it has not. */
  readonly ended: number | undefined;
  /** The sessions of the server. */
  readonly slots: SlotUse;
  /** How many workers are alive that offer the job. */
  readonly workers: number;
}

/** The sessions of a server. */
export interface SlotUse {
  /** How many sessions there may be, those of others included. */
  readonly limit: number;
  /** How many the fleet has, or is opening or closing. */
  readonly used: number;
  /** How many others had when somebody looked last. */
  readonly others: number;
}
