/** What is shown in place of a secret. */
export const MASK = "********";

/** The fields whose values never reach a log, an error or a print, in any product. */
export const secretFields: ReadonlySet<string> = new Set([
  "password",
  "auth_token",
  "token",
  "current_password",
  "ssl_client_key",
  "CLIPassword",
  "apiToken",
  "passwordHash",
  "passwordSalt",
  "activation_code",
  "activationCode",
  "encoded_activation_code",
  "uninstall_code",
  "uninstallCode",
  "license",
]);

const names = [...secretFields].join("|");
// A string, a list, an object or a bare literal after a secret name. A list or object is hidden up to its first closing
// bracket, which is all that a secret field of these servers can hold.
const inJson = new RegExp(`"(${names})"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"?|[[{][^\\]}]*[\\]}]?|[^\\s,}\\]]+)`, "g");
const inQuery = new RegExp(`([?&](?:${names})=)[^&#\\s]*`, "g");

/** Masks the values of secret fields in text that is, or contains, JSON. */
export function maskJson(text: string): string {
  return text.replace(inJson, (_, name: string) => `"${name}": "${MASK}"`);
}

/** Masks the values of secret fields in a path with a query. */
export function maskPath(path: string): string {
  return path.includes("?") ? path.replace(inQuery, `$1${MASK}`) : path;
}

/** Hides these very texts wherever they stand: a server may echo the token in an error page. */
export function maskTexts(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) if (secret.length >= 4) masked = masked.replaceAll(secret, MASK);
  return masked;
}

/** A proxy's address without its password. */
export function maskUrl(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)?([^/?#]*)@/i, (_, scheme: string | undefined, user: string) => {
    const name = user.includes(":") ? user.slice(0, user.indexOf(":")) : user;
    return `${scheme ?? ""}${name}:${MASK}@`;
  });
}
