import { ApiError, CbApiError, ObjectNotFoundError, ServerError } from "../errors.js";
import { jsonIn } from "../transport/json.js";
import type { CallOptions } from "../transport/types.js";
import type { Entry } from "./document.js";
import { type Field, isField } from "./fields.js";
import type { ModelHost } from "./host.js";
import { classOf, Model } from "./model.js";
import { holdsValue } from "./same-value.js";
import type { WriteRequest } from "./write-plan.js";

/**
 * Sends one write.
 * @param what is written, as errors name it
 * @returns the answer; `undefined` where it is nothing, or plain text
 * @throws ServerError when the answer says that the write was refused, whatever its status; otherwise the error for it
 */
export async function sendWrite(
  client: ModelHost,
  request: WriteRequest,
  options: CallOptions,
  what = `${request.method} ${request.path}`,
): Promise<unknown> {
  const { method, path, body } = request;
  const json = body === undefined ? {} : { json: body };
  const { signal, timeout } = options;
  const response = await client.apiJsonRequest(method, path, { signal, timeout, ...json });
  const answer = jsonIn(await response.text());
  const result = resultIn(answer);
  if (result === undefined || result === "" || result === "success") return answer;
  const serverMessage = client.withoutSecrets(result);
  const { status } = response;
  throw new ServerError(`The server did not accept ${what}: ${serverMessage}`, {
    code: "REFUSED",
    status,
    method,
    path,
    serverMessage,
  });
}

/**
 * Sends the writes of one object, one after the other. Whether or not they are carried out, whoever reads the object next
 * sees what the server has.
 * @param done gets those that were carried out, for when one of several fails
 * @returns the last answer
 */
export async function sendWrites(
  model: Model,
  requests: readonly WriteRequest[],
  options: CallOptions,
  done: WriteRequest[] = [],
): Promise<unknown> {
  const { client, key } = Model.stateOf(model);
  const cls = classOf(model);
  let answer: unknown;
  try {
    for (const request of requests) {
      answer = await sendWrite(client, request, options, `the ${cls.spec.name}`);
      done.push(request);
    }
    return answer;
  } finally {
    if (key !== undefined) client.identityMap.evict(cls, key);
  }
}

/** Reads the object from the server, whatever is known of it. */
export async function readNow(model: Model, { signal, timeout }: CallOptions): Promise<Entry> {
  const { client, key } = Model.stateOf(model);
  if (key === undefined) throw new ApiError(`This ${classOf(model).spec.name} has not been saved`);
  return client.identityMap.load(classOf(model), key, { signal, timeout, refresh: true });
}

/**
 * Reads what the server has after it has accepted a write.
 * @param happened what the write did, for errors: `Watchlist was created as 7`
 * @throws ServerError when it does not have the object (`code` is `WRITE_NOT_APPLIED`)
 * @throws ApiError when the object cannot be read (`code` is `WRITTEN_NOT_READ`)
 */
export async function readBack(model: Model, happened: string, options: CallOptions): Promise<Entry> {
  try {
    return await readNow(model, options);
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    if (cause instanceof ObjectNotFoundError) {
      const message = `The server accepted ${classOf(model).spec.name} ${Model.stateOf(model).key}, but does not have it afterwards`;
      throw new ServerError(message, { code: "WRITE_NOT_APPLIED", cause });
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    const retryable = cause instanceof CbApiError && (cause.retryable || (cause.status ?? 0) >= 500);
    throw new ApiError(
      `${happened}, but it could not be read back: ${why} Nothing needs to be sent again: load() reads it`,
      { code: "WRITTEN_NOT_READ", cause, retryable },
    );
  }
}

/**
 * Checks what was read back.
 * @throws ServerError that names the fields that the server does not have as they were written
 */
export function checkWritten(model: Model, sent: ReadonlyMap<string, unknown>, { document }: Entry): void {
  const { record, spec } = classOf(model);
  const wrong = [...sent].filter(([name, value]) => {
    if (!(name in document)) return false;
    const field: unknown = Reflect.get(record, name);
    // The server may spell a value in its own way: "5" for 5, a zone behind a time.
    return isField(field) && !holdsValue(read(field, document[name]), read(field, value));
  });
  if (wrong.length === 0) return;
  const text = wrong.map(([name]) => name).join(", ");
  throw new ServerError(
    `${spec.name} ${Model.stateOf(model).key} was saved, but these fields do not read back as they were written: ${text}`,
    { code: "WRITE_NOT_APPLIED" },
  );
}

function read(field: Field<unknown>, raw: unknown): unknown {
  return raw === null || raw === undefined ? null : field.decode(raw);
}

/** Some routes answer 200 and tell in the body that the write was refused. */
function resultIn(answer: unknown): string | undefined {
  const result: unknown =
    typeof answer === "object" && answer !== null && "result" in answer ? answer.result : undefined;
  return typeof result === "string" ? result : undefined;
}
