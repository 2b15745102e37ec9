import { CbApiError, CredentialError } from "../errors.js";
import { parseServerUrl } from "../transport/server-url.js";
import type { Logger } from "../transport/types.js";
import { credentialsFromProvider, resolveCredentials } from "./resolve.js";
import type { CredentialOverrides, CredentialProvider, Credentials, CredentialsLike, Product } from "./types.js";

/** The options that decide where a client's credentials come from, and which addresses are accepted. */
export interface SourceOptions extends CredentialOverrides {
  readonly credentialProvider?: CredentialProvider | undefined;
  readonly allowHttp?: boolean | undefined;
}

/** One client's credentials: looked for when they are first needed, and kept once they are found. */
export class CredentialSource {
  readonly #product: Product;
  readonly #options: SourceOptions;
  readonly #logger: Logger | undefined;
  #found: Credentials | undefined;
  #finding: Promise<Credentials> | undefined;
  #url: string | undefined;

  constructor(product: Product, options: SourceOptions, logger: Logger | undefined) {
    this.#product = product;
    this.#options = { ...options };
    this.#logger = logger;
  }

  /** The credentials, if they have been looked for. Looks nowhere. */
  get found(): Credentials | undefined {
    return this.#found;
  }

  /**
   * The credentials, now. The first use reads files or the environment.
   *
   * @throws CredentialError when there are none, or when an asynchronous provider has not been asked yet.
   */
  get credentials(): Credentials {
    const found = this.find();
    if (!(found instanceof Promise)) return found;
    throw new CredentialError(
      "The credentials come from an asynchronous provider and are not there yet: await connect() first.",
      { code: "NOT_CONNECTED" },
    );
  }

  /**
   * The server's address, without a trailing slash.
   *
   * @throws CredentialError as for {@link CredentialSource.credentials}.
   * @throws ConnectionError when it is no address of a server, or plain http where that is not allowed.
   */
  get url(): string {
    this.#url ??= parseServerUrl(this.credentials.url, this.#options.allowHttp ?? false).url;
    return this.#url;
  }

  /** The server's address as it was given, as far as it is known. Looks nowhere and checks nothing. */
  get givenUrl(): string | undefined {
    return this.#found?.url ?? this.#options.url;
  }

  /** The profile as it was asked for; undefined when none was, or when url and token were given outright. */
  get profile(): string | undefined {
    const { url, token, profile } = this.#options;
    return url && token ? undefined : (profile ?? undefined);
  }

  /**
   * Finds the credentials: at once where that is possible, and once for all who wait.
   *
   * @throws CredentialError telling which places were searched, or what went wrong with the provider. Not remembered.
   */
  find(): Credentials | Promise<Credentials> {
    const found = this.#found ?? this.#finding;
    if (found !== undefined) return found;
    const { credentialProvider } = this.#options;
    if (credentialProvider !== undefined) return this.#ask(credentialProvider);
    this.#found = resolveCredentials(this.#product, this.#options);
    this.#logger?.debug(`Using credentials from ${this.#found.source}`);
    return this.#found;
  }

  #ask(provider: CredentialProvider): Credentials | Promise<Credentials> {
    const accept = (given: CredentialsLike): Credentials => {
      this.#found = credentialsFromProvider(given, this.#options);
      return this.#found;
    };
    let given: CredentialsLike | Promise<CredentialsLike>;
    try {
      given = provider();
    } catch (error) {
      return refuse(error);
    }
    if (typeof given !== "object" || given === null || !("then" in given)) return accept(given);
    this.#finding = Promise.resolve(given).then(accept, refuse);
    // A failure is reported to whoever waits for it.
    this.#finding
      .catch(() => {})
      .finally(() => {
        this.#finding = undefined;
      });
    return this.#finding;
  }
}

function refuse(cause: unknown): never {
  if (cause instanceof CbApiError) throw cause;
  throw new CredentialError("The credential provider failed; see cause.", { cause, code: "CREDENTIAL_PROVIDER" });
}
