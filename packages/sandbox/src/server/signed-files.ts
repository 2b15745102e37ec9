import { randomBytes } from "node:crypto";
import { Listener, type ListenerTls } from "./listener.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "./product.js";
import { renderReply } from "./reply.js";
import { parseTarget } from "./target.js";
import type { Answer, Incoming } from "./wire.js";

/** How a file is read that was given a signed address. Refuses by an {@link HttpProblem}, as a route does. */
export type ServeSigned = (
  request: Pick<SandboxRequest, "method" | "headers" | "signal">,
) => SandboxReply | Promise<SandboxReply>;

/** What signed addresses are made with. */
export interface SignedFilesParts {
  host: string;
  /** Asked when the first address is given out. */
  tls(): ListenerTls | undefined;
  /** The simulated time, by which addresses expire. */
  now(): number;
  onFailure(during: string, error: unknown): void;
}

interface SignedFile {
  readonly serve: ServeSigned;
  readonly signature: string;
  readonly expires: number;
}

/** Simulated milliseconds for which an address holds where nobody says otherwise. */
const USUAL_LIFE = 900_000;
/** So many addresses hold at a time: the oldest make room. */
const MOST = 10_000;
const PATH = "/cloud-signed";
/** What a client must not take along to another host. */
const SECRET_HEADERS = ["x-auth-token", "authorization", "cookie"] as const;

/**
 * Files that are read from another host than the one that was asked for them: whoever has the address may read, and a token
 * must not be sent there. Here it is another port of the same machine, opened when the first address is given out.
 */
export class SignedFiles {
  readonly #parts: SignedFilesParts;
  readonly #files = new Map<string, SignedFile>();
  #listener: Promise<Listener> | undefined;

  constructor(parts: SignedFilesParts) {
    this.#parts = parts;
  }

  /**
   * Gives a file an address. What it serves is asked for each time that it is read.
   * @param life simulated milliseconds for which it holds
   */
  async address(serve: ServeSigned, life = USUAL_LIFE): Promise<string> {
    this.#listener ??= this.#open();
    const { url } = await this.#listener;
    const id = randomBytes(12).toString("hex");
    const signature = randomBytes(24).toString("hex");
    const expires = this.#parts.now() + life;
    this.#files.set(id, { serve, signature, expires });
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= MOST) break;
      this.#files.delete(oldest);
    }
    const query = new URLSearchParams({ "X-Signature": signature, "X-Expires": String(Math.floor(expires / 1000)) });
    return `${url}${PATH}/${id}?${query}`;
  }

  /** Lets no address hold any more: what they lead to is gone. */
  forget(): void {
    this.#files.clear();
  }

  async close(): Promise<void> {
    this.forget();
    const listener = await this.#listener?.catch(() => undefined);
    await listener?.close();
  }

  #open(): Promise<Listener> {
    const { host, tls, onFailure } = this.#parts;
    const settings = tls();
    return Listener.open({
      ...{ host, port: 0, dispatch: (incoming) => this.#answer(incoming), onError: onFailure },
      ...(settings === undefined ? {} : { tls: settings }),
    });
  }

  async #answer(incoming: Incoming): Promise<Answer> {
    incoming.body?.on("error", () => {}).resume();
    try {
      const { method, headers, signal } = incoming;
      const reply = await this.#find(incoming).serve({ method, headers, signal });
      return { kind: "reply", reply: renderReply(reply) };
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      const { status, message } = error;
      const headers = { "Content-Type": "application/xml" };
      return { kind: "reply", reply: renderReply({ status, headers, body: problemText(status, message) }) };
    }
  }

  #find({ method, target, headers }: Incoming): SignedFile {
    if (method !== "GET" && method !== "HEAD") throw new HttpProblem(405, "A signed address is read only");
    const brought = SECRET_HEADERS.find((name) => headers[name] !== undefined);
    if (brought !== undefined)
      throw new HttpProblem(400, `A signed address takes no ${brought}: it leads to another host`);
    const { path, query } = parseTarget(target);
    const id = path.startsWith(`${PATH}/`) ? path.slice(PATH.length + 1) : "";
    const file = this.#files.get(id);
    if (file === undefined || query.get("X-Signature") !== file.signature || this.#parts.now() >= file.expires) {
      throw new HttpProblem(403, "Request has expired");
    }
    return file;
  }
}

const CODES: Readonly<Record<number, string>> = { 400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey" };

/** Stores of files answer in XML. */
function problemText(status: number, message: string): string {
  const escaped = message.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${CODES[status] ?? "InternalError"}</Code><Message>${escaped}</Message></Error>`;
}
