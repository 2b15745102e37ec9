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

/** The headers that are secrets as a whole: a token, or a session. */
export const SECRET_HEADER = /^(x-auth-token|authorization|(set-)?cookie)$/i;

const names = [...secretFields].join("|");
// The name of a secret in quotes, with as many backslashes before each as documents inside documents give them.
const inDocument = new RegExp(`(?<!\\\\)(\\\\*)(["'])(?:${names})\\1\\2\\s*:\\s*`, "g");
const inQuery = new RegExp(`([?&](?:${names})=)[^&#\\s]*`, "g");
const inForm = new RegExp(`(?<![\\w-])((?:${names})=)[^&#\\s"'<>]+`, "g");

/**
 * Masks the values of secret fields in text that is, or contains, JSON: whole or cut off, inside another document's
 * string, or in the quotes that a Python server prints.
 */
export function maskJson(text: string): string {
  let masked = "";
  let done = 0;
  for (const match of text.matchAll(inDocument)) {
    if (match.index < done) continue; // inside a value that is hidden already
    const start = match.index + match[0].length;
    const escapes = (match[1] ?? "").length;
    const quote = text.slice(match.index, match.index + escapes + 1);
    masked += `${text.slice(done, start)}${quote}${MASK}${quote}`;
    done = valueEnd(text, start, escapes);
  }
  return masked + text.slice(done);
}

/** Where the value that begins here ends: a string, a list or an object with all that is in it, or a bare literal. */
function valueEnd(text: string, start: number, escapes: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const char = text[index] ?? "";
    if (char === '"' || char === "'") {
      index = stringEnd(text, index, escapes);
      if (depth === 0) return Math.min(index + 1, text.length);
    } else if (char === "[" || char === "{") {
      depth++;
    } else if (char === "]" || char === "}") {
      if (depth === 0) return index;
      if (--depth === 0) return index + 1;
    } else if (depth === 0 && /[,\s<]/.test(char)) {
      return index;
    }
  }
  return text.length;
}

/** Where the closing quote of a string stands. Inside a string, a quote has more backslashes than the string's own. */
function stringEnd(text: string, open: number, escapes: number): number {
  const quote = text[open] ?? '"';
  for (let at = text.indexOf(quote, open + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    let count = 0;
    while (text[at - count - 1] === "\\") count++;
    if (count < escapes || (count - escapes) % (2 * (escapes + 1)) === 0) return at;
  }
  return text.length;
}

/** Masks the values of secret fields in a path with a query. */
export function maskPath(path: string): string {
  return path.includes("?") ? path.replace(inQuery, `$1${MASK}`) : path;
}

/**
 * An address without its password. People write passwords with `/`, `#` and `@` in them unescaped, so everything up to
 * the last `@` counts as user and password; a user without a password may be a token, and is hidden as well.
 */
export function maskUrl(url: string): string {
  const end = url.lastIndexOf("@");
  if (end === -1) return url;
  const start = /^\s*[a-z][a-z\d+.-]*:\/\//i.exec(url)?.[0].length ?? 0;
  const colon = url.indexOf(":", start);
  const user = colon > end ? "" : url.slice(start, colon + 1);
  return url.slice(0, start) + user + MASK + url.slice(end);
}

/** The fields that hold an address with, it may be, a user and a password. */
const addressFields: ReadonlySet<string> = new Set(["feed_url"]);
const inAddress = /:\/\/([^\s"'<>\\/?#]+)@/g;

/** Any text, without the passwords of the addresses in it. */
function maskUrls(text: string): string {
  return text.replace(inAddress, (_, user: string) => `://${user.slice(0, user.indexOf(":") + 1)}${MASK}@`);
}

/** The value of a field as it may be shown: secrets are hidden, and so are the passwords of addresses. */
export function maskedValue(name: string, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (secretFields.has(name)) return MASK;
  if (typeof value !== "string") return value;
  // An `@` that has a path before it and no colon belongs to the path.
  const mayHavePassword = addressFields.has(name) && /^\s*[a-z][a-z\d+.-]*:\/\/([^/]*|.*:.*)@/is.test(value);
  return mayHavePassword ? maskUrl(value) : maskUrls(value);
}

/** Hides what must not be shown: the secrets of one client, and whatever stands under the name of a secret. */
export class Redactor {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly (string | undefined)[] = []) {
    // Shorter ones would mask ordinary words.
    this.#secrets = secrets.filter((secret) => secret !== undefined && secret.length >= 4) as string[];
  }

  /** The length of the longest secret: so much of the end of a text that was cut may be part of one. */
  get longest(): number {
    return Math.max(0, ...this.#secrets.map((secret) => secret.length));
  }

  /** A path with its query. */
  path(path: string): string {
    return maskPath(this.hide(path));
  }

  /** Any text, such as a server's answer. */
  text(text: string): string {
    return maskUrls(maskJson(this.hide(text)).replace(inForm, `$1${MASK}`));
  }

  /** Hides only the client's own secrets: a server may echo them anywhere. */
  hide(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) if (masked.includes(secret)) masked = masked.replaceAll(secret, MASK);
    return masked;
  }

  /** An error from elsewhere, such as an application's own `fetch`; another in its place when it repeats a secret. */
  error(error: Error): Error {
    let at: unknown = error;
    for (let depth = 0; at instanceof Error && depth < 8; depth++) {
      if (this.hide(at.message) !== at.message) {
        const code = "code" in error ? { code: error.code } : {};
        return Object.assign(new Error(this.hide(error.message)), { name: error.name, ...code });
      }
      at = at.cause;
    }
    return error;
  }
}
