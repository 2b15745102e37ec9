import type { SandboxOptions } from "../options.js";
import { Sandbox } from "../sandbox.js";
import type { TokenOptions } from "../server/tokens.js";

/** What a request was answered with; the body is read as JSON where it is. */
export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
  body: any;
}

/** Asks for a path below the API's; parameters go along as they are. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<Reply>;

export function asker(sandbox: Sandbox, token = sandbox.token): Ask {
  return async (method, path, body) => {
    const response = await sandbox.handle(
      new Request(`${sandbox.url}/api/bit9platform/v1/${path}`, {
        method,
        headers: { "x-auth-token": token, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get("content-type")?.includes("json") === true && bytes.length > 0;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(bytes.toString()) : bytes };
  };
}

/** A path with conditions: `where("computer", ["name:X"], { limit: 1 })`. */
export function where(
  kind: string,
  conditions: readonly string[] = [],
  more: Record<string, string | number> = {},
): string {
  const query = new URLSearchParams(conditions.map((condition): [string, string] => ["q", condition]));
  for (const [name, value] of Object.entries(more)) query.append(name, String(value));
  return `${kind}?${query}`;
}

/** A small sandbox whose time stands still, and clients of its administrator and of others. */
export async function startSmall(
  options: SandboxOptions = {},
): Promise<AsyncDisposable & { sandbox: Sandbox; ask: Ask; as: (options: Omit<TokenOptions, "username">) => Ask }> {
  const sandbox = await Sandbox.start({ organisation: "small", clock: { running: false }, tls: false, ...options });
  return {
    sandbox,
    ask: asker(sandbox),
    as: (token) => asker(sandbox, sandbox.tokens.add({ username: "someone", ...token }).token),
    [Symbol.asyncDispose]: () => sandbox.stop(),
  };
}
