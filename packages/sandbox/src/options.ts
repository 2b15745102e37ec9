import type { SecureVersion } from "node:tls";
import type { ClockOptions } from "./clock.js";
import type { ExtraFile } from "./endpoint/index.js";
import type { LiveResponseChanges } from "./live-response/settings.js";
import type { EventOptions } from "./response/event-bus/options.js";
import type { Behaviour } from "./server/behaviour.js";
import type { FaultRule } from "./server/fault-rule.js";
import type { Product } from "./server/product.js";
import type { TokenOptions } from "./server/tokens.js";
import type { CertificateVariant } from "./tls/index.js";

/** The certificate and the TLS versions of a sandbox. */
export interface SandboxTls {
  /** What is wrong with the certificate; `trusted` when left out. */
  variant?: CertificateVariant;
  /** Further host names and addresses for the certificate. */
  hosts?: readonly string[];
  /** Where the certificate authority is kept; in the state directory, or in memory, when left out. */
  caDirectory?: string;
  /** `TLSv1.2` when left out. Lower ones are there to see that a client refuses them. */
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
}

/** How much is generated; what is left out is as in the default organisation. */
export interface OrganisationSize {
  hosts?: number;
  processes?: number;
  binaries?: number;
}

/** Versions of servers, by product. */
export interface ProductVersions {
  /** EDR. */
  response?: string;
  /** App Control: `8.1.4.134` when left out. */
  protection?: string;
  /** Carbon Black Cloud: there is one, `today`. */
  cloud?: string;
}

/** How to start a sandbox. Everything may be left out. */
export interface SandboxOptions {
  /** What the organisation is generated from; the same seed gives the same one. */
  seed?: number | string;
  /** Any free one when left out. */
  port?: number;
  /** `127.0.0.1` when left out: nobody but this machine. */
  host?: string;
  /** True when left out. False speaks plain HTTP. */
  tls?: boolean | SandboxTls;
  /** Version of the EDR server that is played: `6.5.2.191219.1200` when left out. */
  version?: string;
  /** The versions of the servers that are played, by product: `{ response: "7.8.0.230101.1200" }` is {@link version}. */
  versions?: ProductVersions;
  /**
   * Where the organisation is kept: what is in it is taken up again, and it is generated when there is nothing. In memory
   * when left out.
   */
  file?: string;
  /** How much there is: `small` are the four hosts of the guide's examples, `empty` is nothing at all. */
  organisation?: "default" | "small" | "empty" | OrganisationSize;
  /** Sysmon logs to add when the organisation is made. */
  importFiles?: readonly string[];
  /** The main token, of a global administrator; a random one when left out. */
  token?: string;
  /** Further tokens. */
  tokens?: readonly TokenOptions[];
  /**
   * A folder for the certificate authority and the token, so that clients configured once stay so after a restart. Threat
   * feeds in its folder `feeds` can be added by `file:` addresses.
   */
  stateDirectory?: string;
  clock?: Omit<ClockOptions, "onError">;
  /** Faults in force from the start. */
  faults?: readonly FaultRule[];
  /** Files that endpoints have besides those that follow from what they are. */
  extraFiles?: readonly ExtraFile[];
  /** Bytes of the memory of endpoints, as far as it can be dumped; 1 MiB when left out. */
  memorySize?: number;
  /** How Live Response behaves from the start, and what goes wrong with it. */
  liveResponse?: LiveResponseChanges;
  /**
   * Where the EDR server tells what happens on it: hits, alerts, binaries and, if wanted, what sensors send. Nowhere when left
   * out. The start fails when the broker cannot be reached.
   */
  events?: EventOptions;
  /** Switches in force from the start. */
  behaviour?: Partial<Behaviour>;
  /** Largest request body in bytes; 32 MiB when left out. */
  bodyLimit?: number;
  /** How many requests the log keeps; 1000 when left out. */
  requestLogSize?: number;
  /** Serves these instead of the sandbox's own products, without an organisation. */
  products?: readonly Product[];
  /** Gives up the start when aborted; of no consequence to a sandbox that has been started. */
  signal?: AbortSignal;
}
