import { CredentialError } from "../errors.js";
import {
  type CredentialSystem,
  checkProduct,
  credentialPaths,
  type FileReport,
  readFiles,
  realSystem,
} from "./files.js";
import { type CredentialOverrides, type Credentials, type CredentialsLike, maskedCredentials } from "./types.js";
import { credentialsFrom, overridesOf, type RawValues } from "./values.js";

/**
 * Finds the credentials of a product. The first of these that applies:
 *
 * 1. `url` and `token` among the options;
 * 2. `CBAPI_URL` and `CBAPI_TOKEN` in the environment, unless a file is named;
 * 3. the profile in the credential files, of which a later one overrides an earlier one key by key.
 *
 * The other options override single values in every case.
 *
 * @param system - stands for the computer in tests.
 * @throws CredentialError telling which places were searched and what was wrong with each.
 */
export function resolveCredentials(
  product: string,
  options: CredentialOverrides = {},
  system: CredentialSystem = realSystem(),
): Credentials {
  checkProduct(product);
  const overrides = overridesOf(options);
  if (overrides["url"] && overrides["token"]) return finish({}, overrides, undefined, "the options of the client");

  const profile = options.profile ?? undefined;
  const file = options.credentialFile ?? undefined;
  const { env } = system;
  if (file === undefined && env["CBAPI_TOKEN"] && env["CBAPI_URL"]) {
    const values = {
      url: env["CBAPI_URL"],
      token: env["CBAPI_TOKEN"],
      org_key: env["CBAPI_ORG_KEY"],
      ssl_verify: env["CBAPI_SSL_VERIFY"],
    };
    return finish(values, overrides, profile, "the environment variables CBAPI_*");
  }

  const reports = readFiles(credentialPaths(product, file, system), system);
  const section = profile ?? "default";
  const found = reports.filter((report) => report.content?.sections.has(section));
  if (found.length === 0) throw notFound(section, reports, env);
  const values = merge(section, reports);
  const source = `profile '${section}' of ${found.map((report) => report.path).join(", ")}`;
  return finish(values, overrides, profile, source, section, reports);
}

/**
 * Checks what a credential provider returned.
 *
 * @throws CredentialError when `url` or `token` is missing or a value has no meaning.
 */
export function credentialsFromProvider(given: CredentialsLike, options: CredentialOverrides): Credentials {
  return finish({ ...given }, overridesOf(options), options.profile ?? undefined, "the credential provider");
}

function finish(
  values: RawValues,
  overrides: RawValues,
  profile: string | undefined,
  source: string,
  section?: string,
  reports?: readonly FileReport[],
): Credentials {
  const all = { ...values, ...overrides };
  const { url, token } = { url: all["url"], token: all["token"] };
  if (!url || !token) {
    const missing = !url && !token ? "url and no token" : !url ? "url" : "token";
    const files = reports === undefined ? "" : ` ${listed(section ?? "", reports)}`;
    throw new CredentialError(
      `Token and/or URL not available for profile ${section ?? profile ?? "default"}: ${source} has no ${missing}.${files}`,
      { code: "INCOMPLETE_PROFILE" },
    );
  }
  const changed = Object.keys(overrides).length > 0 && Object.keys(values).length > 0;
  const origin = { profile, source: changed ? `${source}, changed by the options of the client` : source };
  return maskedCredentials(credentialsFrom(all, { url: String(url), token: String(token) }, origin));
}

/** A section over all files: its own keys go before any file's [DEFAULT]. */
function merge(section: string, reports: readonly FileReport[]): RawValues {
  const values: Record<string, string> = {};
  for (const { content } of reports) Object.assign(values, Object.fromEntries(content?.defaults ?? []));
  for (const { content } of reports) Object.assign(values, Object.fromEntries(content?.sections.get(section) ?? []));
  return values;
}

function listed(section: string, reports: readonly FileReport[]): string {
  const lines = reports.map(({ path, refused, content }) => {
    const keys = content?.sections.get(section);
    if (keys !== undefined) {
      const missing = ["url", "token"].filter((key) => !keys.get(key) && !content?.defaults.get(key));
      return `${path} (${missing.length === 0 ? "complete" : `no ${missing.join(", no ")}`})`;
    }
    const others = [...(content?.sections.keys() ?? [])];
    return `${path} (${refused ?? (others.length === 0 ? "no profiles in it" : `profiles in it: ${others.join(", ")}`)})`;
  });
  return `Files searched: ${lines.join("; ")}.`;
}

function notFound(section: string, reports: readonly FileReport[], env: CredentialSystem["env"]): CredentialError {
  const half = env["CBAPI_URL"] ? "CBAPI_TOKEN" : env["CBAPI_TOKEN"] ? "CBAPI_URL" : undefined;
  const hint =
    half === undefined
      ? "Create one of them, name a profile that exists, set CBAPI_URL and CBAPI_TOKEN, or pass url and token."
      : `The environment is not used because ${half} is not set beside the other variable.`;
  return new CredentialError(`Cannot find credential profile '${section}'. ${listed(section, reports)} ${hint}`, {
    code: "PROFILE_NOT_FOUND",
  });
}
