import { notEmpty, type Topic, wholeNumber } from "./options.js";

/** How to start the sandbox. */
export interface SandboxChoice {
  readonly port: number | undefined;
  readonly seed: number | string | undefined;
  readonly version: string | undefined;
}

/** Which real server to work on: without profile and address, the one that scripts would reach. */
export interface RealServerChoice {
  readonly profile: string | undefined;
  readonly url: string | undefined;
  readonly certificateFile: string | undefined;
}

/** Which server to work on, and how to speak with it. */
export interface ServerArguments {
  readonly verbose: boolean;
  /** Milliseconds for one call. */
  readonly timeout: number | undefined;
  readonly importFiles: readonly string[];
  readonly sandbox: SandboxChoice;
  /** Given instead of a sandbox. */
  readonly server: RealServerChoice | undefined;
}

/** Options that say how to start a sandbox. */
export const sandboxOptions = {
  port: { type: "string" },
  seed: { type: "string" },
  "server-version": { type: "string" },
} as const;

/** Options that name a real server. */
export const realServerOptions = {
  profile: { type: "string" },
  url: { type: "string" },
  "ssl-cert-file": { type: "string" },
} as const;

type Values<Options> = { readonly [Name in keyof Options]?: string | undefined };
export type SandboxValues = Values<typeof sandboxOptions>;
export type RealServerValues = Values<typeof realServerOptions>;

/** How to start a sandbox, from the options. */
export function sandboxChoice(values: SandboxValues, topic: Topic): SandboxChoice {
  const seed = notEmpty(values.seed, "seed", topic);
  return {
    port: wholeNumber(values.port, "port", 0, 65_535, topic),
    // A number means the same whether it comes from here or from a program.
    seed: seed !== undefined && /^\d{1,15}$/.test(seed) ? Number(seed) : seed,
    version: notEmpty(values["server-version"], "server-version", topic),
  };
}

/** Which real server is meant, from the options. */
export function realServerChoice(values: RealServerValues, topic: Topic): RealServerChoice {
  return {
    profile: notEmpty(values.profile, "profile", topic),
    url: notEmpty(values.url, "url", topic),
    certificateFile: notEmpty(values["ssl-cert-file"], "ssl-cert-file", topic),
  };
}
