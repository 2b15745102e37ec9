import type { LiveResponseSession } from "../session.js";

/** What a session must be able to do for jobs to run on it. */
export interface JobSession {
  /** Whether the endpoint has left it, or the server has ended it: no command can be carried out on it any more. */
  readonly isLost: boolean;
  /** Frees the slot. Settles within a limited time, also when jobs still use the session. */
  close(): Promise<void>;
}

/** What a job is told besides its session. */
export interface JobContext {
  /** The id of the endpoint. */
  readonly target: number;
  /** 1 for the first time, 2 for the first repetition after a lost session, and so on. */
  readonly attempt: number;
  /** Aborted when the job is cancelled, has used up its time, or the client is closed. Hand it to what takes a signal. */
  readonly signal: AbortSignal;
  /** Writes a line to the client's log, with the job and the endpoint before it. */
  log(message: string): void;
  /** Says how far the job is: a part from 0 to 1, or some words. It shows in the progress of the run. */
  progress(how: number | string): void;
}

/** Something to do on an endpoint, as a function. */
export interface JobFunction<T, S = LiveResponseSession> {
  (session: S, context: JobContext): T | Promise<T>;
  /** Whether doing it again, when its session was lost half way, does no harm. */
  readonly repeatable?: boolean;
}

/** Something to do on an endpoint, as an object. */
export interface JobObject<T, S = LiveResponseSession> {
  /** Does it. What is thrown, or rejects, fails the job. */
  run(session: S, context: JobContext): T | Promise<T>;
  /** Whether doing it again, when its session was lost half way, does no harm. */
  readonly repeatable?: boolean;
}

/** Something to do on endpoints: a function of a session, or an object with a method `run`. */
export type Job<T, S = LiveResponseSession> = JobFunction<T, S> | JobObject<T, S>;

/** How a job ended. */
export type JobEnd = "done" | "failed" | "expired" | "cancelled";

/**
 * Where a job is. `waiting`: for its endpoint, for a slot, for its session, or for the jobs before it. A job that is
 * repeated waits again.
 */
export type JobState = "waiting" | "running" | JobEnd;

/** What became of one job. */
export interface JobOutcome<T> {
  /** The id of the endpoint; text for an object that could not be loaded, so that its id is not known. */
  readonly target: number | string;
  /** The number of the job. */
  readonly id: number;
  /**
   * `done`: it returned. `failed`: it threw, used up its time, or no session could be opened. `expired`: it had not begun
   * at its deadline, or not again after its session was lost. `cancelled`: by the caller, or because the client was closed.
   */
  readonly state: JobEnd;
  /** What a job that is done returned. */
  readonly value?: T;
  /**
   * Why it is not done: what the job threw, itself; otherwise an error that says it. Something that is no error, thrown or
   * given as the reason for cancelling, is the `cause` of this one.
   */
  readonly error?: Error;
  /** How often it was begun: 0 when it never was. */
  readonly attempts: number;
  /** Milliseconds that it waited. */
  readonly queued: number;
  /** Milliseconds that it ran. */
  readonly ran: number;
}

/** How jobs are done: what both ways to have them done take. */
export interface JobOptions {
  /** Milliseconds that each job may run; then it fails and its session is closed. Default one hour; 0 or Infinity: no limit. */
  jobTimeout?: number | undefined;
  /** Cancels the jobs, with its reason. */
  signal?: AbortSignal | undefined;
  /**
   * Until when jobs must have begun: milliseconds from now, or a time. Those that wait then, for an endpoint that is
   * offline or for a slot, expire; those that run are not disturbed. Default 24 hours; 0 or Infinity means no limit.
   */
  deadline?: number | Date | undefined;
  /**
   * How often a job is repeated when its session was lost half way, on a session of its own each time. Only a job that is
   * repeatable is, and none behind its deadline. Default 3. A job that had not begun is not lost with the session.
   */
  retries?: number | undefined;
  /** Whether doing the job twice does no harm. Default what the job says by its property `repeatable`; otherwise no. */
  repeatable?: boolean | undefined;
  /** Jobs with a higher number go first, whatever waits besides. Default 0. */
  priority?: number | undefined;
  /**
   * The longest pause between two looks at an endpoint that is offline, in milliseconds. It is looked at again after 5
   * seconds at first, then less and less often, and right after its next check-in where the server expects one. Default
   * 60 000.
   */
  recheck?: number | undefined;
  /**
   * Milliseconds in which a session must be open; time spent waiting for a slot of the server does not count. An endpoint
   * that goes offline meanwhile gives up its slot after 15 to 30 seconds, and one that the server still takes for online
   * after a minute or two of its check-ins if others wait. Default 360 000. 0 or Infinity means no limit: then it is waited
   * for all the same.
   */
  openTimeout?: number | undefined;
}

/** How a job is done on many endpoints. */
export interface RunOptions extends JobOptions {
  /** How many sessions this run may have at once; at most, and by default, as many as its client. */
  slots?: number | undefined;
  /** Called with the progress when it has changed. What it throws, or rejects with, cancels the run, which then rejects with that. */
  onProgress?: ((progress: RunProgress) => void) | undefined;
}

/** How far a run is. */
export interface RunProgress {
  /** How many endpoints there are, as far as they are known: those of a query are read little by little. */
  readonly total: number;
  /** Whether `total` is all. */
  readonly totalKnown: boolean;
  /** Jobs that returned. */
  readonly done: number;
  /** Jobs that threw, used up their time, or found no session. */
  readonly failed: number;
  /** Jobs that had not begun at their deadline. */
  readonly expired: number;
  /** Jobs that were cancelled. */
  readonly cancelled: number;
  /** Jobs that run on an endpoint. */
  readonly running: number;
  /** Jobs that wait for their turn, for a slot or for a session. */
  readonly waiting: number;
  /** Jobs that wait for an endpoint that is offline. */
  readonly offline: number;
  /** Sessions of this client's jobs that are open, being opened or being closed, those of other runs included. */
  readonly slotsInUse: number;
}

/** A job that runs at the moment. */
export interface RunningJob {
  /** The number of the job. */
  readonly id: number;
  /** The id of the endpoint. */
  readonly target: number;
  /** 1 for the first time, 2 for the first repetition after a lost session, and so on. */
  readonly attempt: number;
  /** Milliseconds since it began. */
  readonly ran: number;
  /** What it said last of how far it is. */
  readonly progress: number | string | undefined;
}

/** One job that was submitted. */
export interface SubmittedJob<T> {
  /** The number of the job, from 1 for each client. */
  readonly id: number;
  /** The id of the endpoint; text as long as an object is not loaded, so that its id is not known. */
  readonly target: number | string;
  /** Where it is. */
  readonly state: JobState;
  /** What it said last of how far it is. */
  readonly progress: number | string | undefined;
  /** What the job returned. Rejects with the `error` of the outcome. Nobody has to look at it. */
  readonly result: Promise<T>;
  /** What became of it. Never rejects. */
  readonly outcome: Promise<JobOutcome<T>>;
  /**
   * Cancels it, unless it has ended: it ends as `cancelled` at once. When it runs, its signal is aborted and its session
   * closed; what it has done on the endpoint until then stays done.
   * @param reason what `result` rejects with; when it is no error, the `cause` of that
   */
  cancel(reason?: unknown): void;
}
