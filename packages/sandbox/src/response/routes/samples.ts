import type { SandboxOptions } from "../../options.js";
import { Sandbox } from "../../sandbox.js";

/** What a request was answered with; the body is read as JSON where it is. */
export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
  body: any;
}

/** Sends a request; a body that is a text goes out as it is. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<Reply>;

/** Asks a sandbox as the owner of a token: the main one's when left out. */
export function asker(sandbox: Sandbox, token = sandbox.token): Ask {
  return async (method, path, body) => {
    const response = await sandbox.handle(
      new Request(`${sandbox.url}${path}`, {
        method,
        headers: { "x-auth-token": token, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
}

/**
 * A small sandbox whose time stands still, a client of its administrator and one of somebody without rights. They ask
 * within the process: making keys for nobody would take longer than all the rest.
 */
export async function startSmall(
  options: SandboxOptions = {},
): Promise<AsyncDisposable & { sandbox: Sandbox; ask: Ask; reader: Ask }> {
  const sandbox = await Sandbox.start({ organisation: "small", clock: { running: false }, tls: false, ...options });
  const { token } = sandbox.tokens.add({ username: "reader" });
  return {
    sandbox,
    ask: asker(sandbox),
    reader: asker(sandbox, token),
    [Symbol.asyncDispose]: () => sandbox.stop(),
  };
}

/** Values of types that a field seldom is to have. */
export const ODD_VALUES: readonly unknown[] = [
  1,
  1.5,
  true,
  "text",
  "",
  [],
  [[]],
  [null],
  {},
  { id: "1" },
  [{ id: {} }],
];
