import { CredentialError } from "../errors.js";
import type { CredentialOverrides, Credentials } from "./types.js";

/** Values by profile key, still unchecked: text from files, anything from code. */
export type RawValues = Readonly<Record<string, unknown>>;

/** The options of a client and the profile keys that they stand for. */
const optionKeys = {
  url: "url",
  token: "token",
  orgKey: "org_key",
  sslVerify: "ssl_verify",
  sslVerifyHostname: "ssl_verify_hostname",
  sslCertFile: "ssl_cert_file",
  sslForceTls12: "ssl_force_tls_1_2",
  proxy: "proxy",
  ignoreSystemProxy: "ignore_system_proxy",
} as const satisfies Partial<Record<keyof CredentialOverrides, keyof Credentials>>;

/** The options that were given, by profile key. */
export function overridesOf(options: CredentialOverrides): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [option, key] of Object.entries(optionKeys)) {
    const value = options[option as keyof typeof optionKeys];
    if (value !== undefined && value !== null) values[key] = value;
  }
  return values;
}

// A map: an object would also know words such as "constructor".
const truths: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ "1": true, yes: true, true: true, on: true, "0": false, no: false, false: false, off: false }),
);

/**
 * Reads a yes or no. Absent or empty text means the default; anything unknown is refused, because a mistyped
 * `ssl_verify` must not decide about security.
 *
 * @throws CredentialError naming the place.
 */
function boolean(value: unknown, fallback: boolean, place: string): boolean {
  if (value === undefined || value === null || value === "") return fallback;
  if (typeof value === "boolean") return value;
  const known = truths.get(String(value).toLowerCase());
  if (known !== undefined) return known;
  throw new CredentialError(
    `${place} is "${String(value)}", which is neither yes nor no. Write one of true, yes, on, 1, false, no, off, 0.`,
    { code: "INVALID_BOOLEAN" },
  );
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

function port(value: unknown, place: string): number {
  const given = text(value);
  if (given === undefined) return 5004;
  const number = Number(given);
  if (/^\d+$/.test(given) && number > 0 && number < 65536) return number;
  throw new CredentialError(`${place} is "${given}", which is not a port number.`, { code: "INVALID_PORT" });
}

function tokenText(value: string, source: string): string {
  // Another character could not be sent in a header, or would end it early.
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new CredentialError(
    `The token from ${source} holds a space, a line break or a letter that tokens do not have. Copy it again; in a file, no indented line may follow it.`,
    { code: "INVALID_TOKEN" },
  );
}

/** Checks raw values and fills in the defaults. `url` and `token` are known to be there. */
export function credentialsFrom(
  values: RawValues,
  required: { readonly url: string; readonly token: string },
  origin: { readonly profile: string | undefined; readonly source: string },
): Credentials {
  const place = (key: string): string => `${key} (${origin.source})`;
  return {
    url: required.url,
    token: tokenText(required.token, origin.source),
    org_key: text(values["org_key"]),
    ssl_verify: boolean(values["ssl_verify"], true, place("ssl_verify")),
    ssl_verify_hostname: boolean(values["ssl_verify_hostname"], true, place("ssl_verify_hostname")),
    ssl_cert_file: text(values["ssl_cert_file"]),
    ssl_force_tls_1_2: boolean(values["ssl_force_tls_1_2"], false, place("ssl_force_tls_1_2")),
    proxy: text(values["proxy"]),
    ignore_system_proxy: boolean(values["ignore_system_proxy"], false, place("ignore_system_proxy")),
    rabbitmq_user: text(values["rabbitmq_user"]) ?? "cb",
    rabbitmq_pass: text(values["rabbitmq_pass"]),
    rabbitmq_host: text(values["rabbitmq_host"]) ?? "localhost",
    rabbitmq_port: port(values["rabbitmq_port"], place("rabbitmq_port")),
    profile: origin.profile,
    source: origin.source,
  };
}
