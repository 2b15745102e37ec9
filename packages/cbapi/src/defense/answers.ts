import { ServerError } from "../core/errors.js";
import type { Document } from "../core/model/document.js";
import type { ModelHost } from "../core/model/host.js";
import { jsonIn } from "../core/transport/json.js";

/** Where the answers of this generation say by themselves whether they are good ones. */
const CLASSIC = "/integrationServices/v3/";

/** Whether answers from this address say by themselves whether they are good ones. */
export function saysSuccess(path: string): boolean {
  return path.startsWith(CLASSIC);
}

/**
 * Refuses an answer that says, with status 200, that nothing was done.
 * @throws ServerError with code `REFUSED`
 */
export function requireSuccess(host: ModelHost, answer: unknown, request: { method: string; path: string }): void {
  if (typeof answer !== "object" || answer === null || !("success" in answer) || answer.success !== false) return;
  const said: unknown = Reflect.get(answer, "message");
  const serverMessage = host.withoutSecrets(typeof said === "string" ? said : "it does not say why");
  const { method, path } = request;
  throw new ServerError(`The server did not carry out ${method} ${path}: ${serverMessage}`, {
    code: "REFUSED",
    status: 200,
    ...{ method, path, serverMessage },
  });
}

/** The same of the text of an answer, which has to be JSON where there is any. */
export function requireSuccessIn(host: ModelHost, text: string, request: { method: string; path: string }): void {
  if (text.trim() === "") return;
  const answer = jsonIn(text);
  if (answer === undefined) {
    const { method, path } = request;
    throw new ServerError(
      `The answer to ${method} ${path} cannot be read: whether it was carried out is not known. ${host.withoutSecrets(text.slice(0, 200))}`,
      { code: "UNEXPECTED_ANSWER", status: 200, method, path },
    );
  }
  requireSuccess(host, answer, request);
}

/** The object that an answer holds under a name. @throws ServerError when it holds none */
export function objectUnder(answer: unknown, name: string, what: string): Document {
  const value: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Document;
  throw new ServerError(`${what}: the answer holds no ${name}`, { code: "UNEXPECTED_ANSWER" });
}
