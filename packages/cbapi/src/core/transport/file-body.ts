import { once } from "node:events";
import type { Readable } from "node:stream";
import { ServerError } from "../errors.js";
import { isWebPage } from "./status.js";
import type { ApiResponse } from "./types.js";

/** How much of the beginning of a file tells a page from it. */
const LOOKED_AT = 256;

/**
 * The body of an answer that is to be a file which is no web page: a program, an archive. The pages that proxies and
 * consoles send in place of an answer come with status 200 as well, and must not be kept under the file's name.
 *
 * @throws ServerError with code `NOT_A_FILE` when it is a web page
 */
export async function fileBody(response: ApiResponse): Promise<Readable> {
  const body = response.stream();
  await once(body, "readable"); // or its error
  // Reading at the end would be the end, which the caller waits for.
  const first: Buffer | null = body.readableLength === 0 ? null : body.read();
  if (first === null) return body;
  if (isWebPage(first.toString("utf8", 0, LOOKED_AT))) {
    body.destroy();
    const { path, status } = response;
    throw new ServerError(
      `GET ${path} was answered ${status} with a web page instead of a file. A login page means that a proxy stands between, or that url is not the address of the API.`,
      { code: "NOT_A_FILE", method: "GET", path, status },
    );
  }
  body.unshift(first);
  return body;
}
