import { inspect } from "node:util";
import { MASK, maskUrl } from "../transport/redact.js";

/** The products that have credentials. The last four are Carbon Black Cloud. */
export type Product = "response" | "protection" | "psc" | "defense" | "threathunter" | "livequery";

/** What a profile says, by the key names of the credential files. Printing it, or turning it into JSON, hides secrets. */
export interface Credentials {
  /** The server's address, as it was given. */
  readonly url: string;
  /** The API token. For the Cloud: secret key, slash, API id. */
  readonly token: string;
  /** The organization's key in the Cloud. */
  readonly org_key: string | undefined;
  /** Whether the server's certificate is verified. */
  readonly ssl_verify: boolean;
  /** Whether the host name in the certificate is verified. */
  readonly ssl_verify_hostname: boolean;
  /** A PEM file: only its certificates are trusted. */
  readonly ssl_cert_file: string | undefined;
  /** Kept for old profiles: older TLS than 1.2 is refused in any case. */
  readonly ssl_force_tls_1_2: boolean;
  /** A proxy's address, with user and password if it wants them. */
  readonly proxy: string | undefined;
  /** Whether HTTPS_PROXY and its kin are ignored. */
  readonly ignore_system_proxy: boolean;
  /** The user of the event bus. */
  readonly rabbitmq_user: string;
  /** The password of the event bus. */
  readonly rabbitmq_pass: string | undefined;
  /** The host of the event bus. */
  readonly rabbitmq_host: string;
  /** The port of the event bus. */
  readonly rabbitmq_port: number;
  /** The profile's name as it was asked for; undefined when none was, or when url and token were given outright. */
  readonly profile: string | undefined;
  /** Where the values come from, for people. */
  readonly source: string;
}

/** Credentials as options of a client. What is given here goes before what a profile says. */
export interface CredentialOverrides {
  /** The section of the credential files. Default `default`. */
  profile?: string | undefined;
  /** Read this file, or these in turn, in place of the usual ones. */
  credentialFile?: string | readonly string[] | undefined;
  /** The server's address: `https://cb.example.com`. */
  url?: string | undefined;
  /** The API token. For the Cloud: secret key, slash, API id. */
  token?: string | undefined;
  /** The organization's key in the Cloud. */
  orgKey?: string | undefined;
  /** Whether the server's certificate is verified. */
  sslVerify?: boolean | undefined;
  /** Whether the host name in the certificate is verified. */
  sslVerifyHostname?: boolean | undefined;
  /** A PEM file: only its certificates are trusted. */
  sslCertFile?: string | undefined;
  /** Kept for old profiles: older TLS than 1.2 is refused in any case. */
  sslForceTls12?: boolean | undefined;
  /** A proxy's address, with user and password if it wants them. */
  proxy?: string | undefined;
  /** Whether HTTPS_PROXY and its kin are ignored. */
  ignoreSystemProxy?: boolean | undefined;
}

/** What a credential provider returns: a profile's keys, of which `url` and `token` are needed. */
export type CredentialsLike = Pick<Credentials, "url" | "token"> & {
  readonly [Key in Exclude<keyof Credentials, "url" | "token" | "profile" | "source">]?: Credentials[Key];
};

/** Fetches credentials from a place of the application's own, for example a vault. Called once, when first needed. */
export type CredentialProvider = () => CredentialsLike | Promise<CredentialsLike>;

type Secret = "url" | "token" | "proxy" | "rabbitmq_pass";

/** Credentials that do not give themselves away when printed: what is, or may hold, a secret is no property of its own. */
class MaskedCredentials {
  readonly #secret: Pick<Credentials, Secret>;

  constructor({ url, token, proxy, rabbitmq_pass, ...open }: Credentials) {
    this.#secret = { url, token, proxy, rabbitmq_pass };
    Object.assign(this, open);
  }

  get url(): string {
    return this.#secret.url;
  }

  get token(): string {
    return this.#secret.token;
  }

  get proxy(): string | undefined {
    return this.#secret.proxy;
  }

  get rabbitmq_pass(): string | undefined {
    return this.#secret.rabbitmq_pass;
  }

  /** The values with secrets masked. */
  toJSON(): Record<string, unknown> {
    return {
      url: maskUrl(this.url),
      token: MASK,
      ...Object.fromEntries(Object.entries(this)),
      proxy: this.proxy === undefined ? undefined : maskUrl(this.proxy),
      rabbitmq_pass: this.rabbitmq_pass === undefined ? undefined : MASK,
    };
  }

  [inspect.custom](_depth: number, options: object): string {
    return `Credentials ${inspect(this.toJSON(), options)}`;
  }
}

/** Hides the secrets among these values from everything but direct reads. */
export function maskedCredentials(values: Credentials): Credentials {
  return new MaskedCredentials(values) as MaskedCredentials & Omit<Credentials, Secret>;
}
