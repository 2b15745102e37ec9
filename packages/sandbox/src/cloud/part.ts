import type { Route } from "../server/product.js";
import type { KeyKind } from "./accounts.js";
import type { CloudContext } from "./context.js";

/**
 * A route of the cloud. Where its path has `:org`, that is checked before the route is asked. Refusals are thrown as
 * {@link HttpProblem}, whose reason becomes the `error_code`.
 */
export interface CloudRoute extends Route {
  /** The permission that its caller needs: `device(READ)`. */
  readonly needs?: string;
  /** The kind of key that opens it, on routes of the third generation. */
  readonly kind?: KeyKind;
  /** The real service does not serve it any more; what is to be asked instead. The switch `retired` turns it off. */
  readonly retired?: string;
  /** Tells of alerts, or of what watchlists have found: whoever asks first waits until both have been looked for. */
  readonly findings?: true;
}

/** A part of the cloud: what it answers, and what goes on in it by itself. */
export interface CloudPart {
  readonly routes: readonly CloudRoute[];
  /**
   * Called at every tick, after {@link EndpointPresence.round} has been told; endpoints that are on report when `isCheckin`. The
   * tick is over when what it returns is.
   */
  tick?(tick: number, now: number, isCheckin: boolean): void | Promise<void>;
  /** Brings what has come in by other ways (an import) into its place. */
  settle?(): void;
  /** What is being made beside requests; undefined where nothing is. */
  making?(): Promise<void> | undefined;
  /** Lets go of everybody who waits for something, ahead of {@link close}. */
  release?(): void;
  close?(): void | Promise<void>;
}

/** Makes a part; called once for an organisation, in the order of the list of parts. */
export type MakePart = (context: CloudContext) => CloudPart;
