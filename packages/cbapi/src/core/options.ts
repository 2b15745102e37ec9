import type { Clock } from "./clock.js";
import type { CredentialOverrides, CredentialProvider } from "./credentials/index.js";
import { CbApiError } from "./errors.js";
import type { TransportSettings } from "./transport/types.js";

/** What every client takes. */
export interface ClientOptions extends CredentialOverrides, TransportSettings {
  /** Fetches the credentials in place of files and environment. The other options override what it returns. */
  credentialProvider?: CredentialProvider | undefined;
  /** Accepted for the sake of the Python library; it has no effect. */
  poolConnections?: number | undefined;
  /** The time, for pauses and caches. */
  clock?: Clock | undefined;
}

/** All of them: one that is missing here, or is none, does not compile. */
const common: Readonly<Record<keyof ClientOptions, true>> = {
  allowHttp: true,
  clock: true,
  credentialFile: true,
  credentialProvider: true,
  fetch: true,
  ignoreSystemProxy: true,
  integrationName: true,
  logger: true,
  maxRetries: true,
  orgKey: true,
  poolBlock: true,
  poolConnections: true,
  poolMaxsize: true,
  profile: true,
  proxy: true,
  sslCertFile: true,
  sslForceTls12: true,
  sslVerify: true,
  sslVerifyHostname: true,
  timeout: true,
  token: true,
  url: true,
};

/**
 * Looks for options that do not exist: a mistyped one must not be ignored.
 *
 * @param extraOptions - the names of options that the product adds to the common ones.
 * @throws CbApiError naming the option that was meant, or all there are.
 */
export function checkOptions(options: object, extraOptions: readonly string[]): void {
  const known = [...Object.keys(common), ...extraOptions];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const flat = name.replaceAll("_", "").toLowerCase();
    const meant = known.find((option) => option.toLowerCase() === flat);
    const hint = meant === undefined ? `The options are: ${known.sort().join(", ")}.` : `Did you mean ${meant}?`;
    throw new CbApiError(`Unknown option ${name}. ${hint}`, { code: "UNKNOWN_OPTION" });
  }
}

/** The options that decide how requests are carried, and nothing of what credentials they carry. */
export function transportSettings(options: ClientOptions): TransportSettings {
  const { integrationName, timeout, maxRetries, poolMaxsize, poolBlock, logger, fetch, allowHttp } = options;
  const settings = { integrationName, timeout, maxRetries, poolMaxsize, poolBlock, logger, fetch, allowHttp };
  return settings satisfies Record<keyof TransportSettings, unknown>;
}
