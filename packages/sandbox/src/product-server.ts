import type { SimulationClock } from "./clock.js";
import type { EndpointOptions, Machines, ProgramEnd, ProgramRequest, ProgramStart } from "./endpoint/index.js";
import type { EndpointPresence } from "./endpoint/presence.js";
import type { LiveSessions } from "./live-response/sessions.js";
import type { SandboxOptions } from "./options.js";
import type { Behaviour } from "./server/behaviour.js";
import type { Product, Route, Switches, TokenRecord } from "./server/product.js";
import type { SignedFiles } from "./server/signed-files.js";
import type { Steps } from "./steps.js";
import type { Store } from "./store/index.js";

/** A product that the sandbox can play: what is known of it before there is an organisation for it to show. */
export interface PlayableProduct<S extends ProductServer = ProductServer> {
  /** As {@link Product.name}. */
  readonly name: string;
  /** The version that is played unless another one is asked for. */
  readonly defaultVersion: string;
  /** As {@link Product.behaviour}. */
  readonly behaviour: Switches;
  /** What its clients send for a token of the sandbox, where that is not the token alone. */
  credentials?(owner: { readonly seed: number | string; readonly token: string }): ProductCredentials;
  /** Control routes for what only this product has; their paths begin behind `/_sandbox`. */
  control?(hold: Hold<S>): Route[];
  /** Loads the product and lets it serve an organisation, which may still be empty. */
  open(parts: ServerParts): Promise<S>;
}

/** What a client of a product is configured with besides the address. */
export interface ProductCredentials {
  readonly token: string;
  /** Where the organisation is named in requests. */
  readonly orgKey?: string;
}

/** A product as it serves one organisation, with what stands behind its routes. All but the product may be left out. */
export interface ProductServer {
  readonly product: Product;
  readonly version?: string;
  /** Brings what has come in by other ways (an import) into its place. */
  settle?(): void;
  /** What is being made beside requests, in many turns; undefined where nothing is. Nobody puts anything there meanwhile. */
  settled?(): Promise<void> | undefined;
  /** Finds what a new organisation holds already, as if it had been looking all along. The same seed, the same findings. */
  detect?(seed: string): Steps<void>;
  /**
   * Called when Live Response starts a program on an endpoint, see {@link EndpointOptions.onStart}. Products are told in the
   * order in which they are played, and no more of them once one has blocked it.
   */
  programStarted?(start: ProgramStart): ReturnType<NonNullable<EndpointOptions["onStart"]>>;
  /** Called when a process has ended on an endpoint, by Live Response or by itself. */
  programEnded?(end: ProgramEnd): void;
  /**
   * Whether what this product has on an endpoint keeps a program from being started there, however it is; its server knows
   * of it then. Asked before anybody is told that the program starts.
   */
  prevents?(program: ProgramRequest): boolean;
  /** The tokens of its users that are not among those of the sandbox: nobody is to read them anywhere. */
  secrets?(): Iterable<string>;
  /** The Live Response sessions of all products, where this one keeps them. */
  readonly liveSessions?: LiveSessions;
  /** Lets go of everybody who waits for something, ahead of {@link close}. */
  release?(): void;
  /** Ends what is going on; resolves when nothing of it is left. */
  close?(): void | Promise<void>;
}

/** A hold of the server of a product, which a reset replaces by another one. */
export interface Hold<S extends ProductServer> {
  /** The one that is there now; undefined when there is none. */
  present(): S | undefined;
  /** Does something in turn with resets and imports: they are over by then, or have not begun. */
  inTurn<T>(work: () => T): Promise<T>;
}

/** What the server of a product is made of. */
export interface ServerParts {
  /** Each product takes what is its own. */
  readonly options: SandboxOptions;
  readonly version: string;
  readonly store: Store;
  readonly clock: SimulationClock;
  /** The switches in force: to be looked at at every request. */
  readonly behaviour: Behaviour;
  /** When endpoints report to their servers. */
  readonly presence: EndpointPresence;
  /** What is inside the endpoints. */
  readonly machines: Machines;
  /** Whether any of the products keeps a program from being started. */
  readonly prevented: (program: ProgramRequest) => boolean;
  /** The Live Response sessions that another product keeps for all of them; undefined where none does. */
  readonly liveSessions: () => LiveSessions | undefined;
  readonly seed: number | string;
  /** Whether it takes the place of a server that was there before: after a reset. */
  readonly fresh: boolean;
  /** A secret from which the tokens of the organisation's own users can follow: the same as long as the organisation is. */
  readonly tokenKey: string;
  /** The tokens of the sandbox, whatever the organisation. */
  readonly tokens: () => readonly TokenRecord[];
  /** The server's address, known once it listens. */
  readonly url: () => string;
  /** Files that are read by signed addresses, from another host. */
  readonly signed: SignedFiles;
  /** Receives what goes wrong inside while nobody waits for an answer. */
  readonly onFailure: (during: string, error: unknown) => void;
}
