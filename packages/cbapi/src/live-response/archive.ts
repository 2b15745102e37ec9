import type { Readable } from "node:stream";
import { CbApiError } from "../core/errors.js";
import { fileBody } from "../core/transport/file-body.js";
import type { CallOptions } from "../core/transport/types.js";
import type { SessionLink } from "./link.js";

/** The archive of a session as it arrives, with the connection that it arrives on. */
export async function readArchive(link: SessionLink, { signal, timeout }: CallOptions): Promise<Readable> {
  const session = await link.ready(signal);
  const request = link.dialect.archive?.(session.id);
  if (request === undefined) {
    throw new CbApiError("This kind of server does not offer a session archive", { code: "NOT_OFFERED" });
  }
  const { method, path, query } = request;
  return fileBody(await link.api.requestStream({ method, path, query, signal, timeout }));
}
