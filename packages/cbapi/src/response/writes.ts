import { ServerError } from "../core/errors.js";
import type { ModelHost } from "../core/model/document.js";
import type { WriteRequest } from "../core/model/mutable-model.js";
import type { CallOptions } from "../core/transport/types.js";

/**
 * Sends a write whose answer says no more than that it was accepted: an empty one, or `{"result": "success"}`.
 * @throws ServerError when the answer says that it was not; otherwise the error for its status
 */
export async function sendWrite(client: ModelHost, request: WriteRequest, options: CallOptions): Promise<void> {
  const { method, path, body } = request;
  const json = body === undefined ? {} : { json: body };
  const answer = await client.apiJsonRequest(method, path, { ...options, ...json });
  const result = resultIn(await answer.text());
  if (result === undefined || result === "" || result === "success") return;
  const serverMessage = client.withoutSecrets(result);
  const { status } = answer;
  throw new ServerError(`${method} ${path} was answered ${status}, but the server did not do it: ${serverMessage}`, {
    code: "REFUSED",
    status,
    method,
    path,
    serverMessage,
  });
}

/** What an answer calls the result of a write; many answers are empty, or plain text. */
function resultIn(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const result: unknown =
      typeof answer === "object" && answer !== null && "result" in answer ? answer.result : undefined;
    return typeof result === "string" ? result : undefined;
  } catch {
    return undefined;
  }
}
