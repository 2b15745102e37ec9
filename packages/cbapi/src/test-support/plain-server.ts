import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "./transport-server.js";

/** A request as it came in, read to its end. */
export interface PlainRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

/** What a test server answers: a document, text with a status, or bytes; `undefined` for what it does not have. */
export type PlainAnswer =
  | { readonly status: number; readonly text: string; readonly type?: string | undefined }
  | Uint8Array
  | object
  | null
  | undefined;

/**
 * An HTTP server on this machine, until the test has ended.
 * @param missing what a 404 says
 * @returns what a client is made with to speak to it
 */
export async function plainServer(missing: string, answer: (request: PlainRequest) => Promise<PlainAnswer>) {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const address = new URL(request.url ?? "/", "http://localhost");
    const given = await answer({ method: request.method ?? "GET", url: address, body });
    if (given === undefined) response.writeHead(404).end(missing);
    else if (given instanceof Uint8Array) response.writeHead(200).end(given);
    else if (typeof given === "object" && given !== null && "text" in given && "status" in given) {
      const { status, text: content, type } = given;
      response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(content);
    } else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(given));
  };
  const url = await listen(createServer((request, response) => void respond(request, response)));
  return { url, token: "0123456789abcdef".repeat(2), allowHttp: true, maxRetries: 0 } as const;
}

/** The address of a request as tests compare it: spelt out, without its server. */
export function spelt({ search }: URL, path: string): string {
  return `${decodeURIComponent(path)}${decodeURIComponent(search.replaceAll("+", " "))}`;
}
