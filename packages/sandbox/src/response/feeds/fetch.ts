import { readFile, realpath, stat } from "node:fs/promises";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { FeedRecord } from "../../domain/index.js";
import type { Store } from "../../store/store.js";

/** The host under which the sandbox itself publishes feeds. */
const OWN_FEED_HOST = "feeds.sandbox";

/** All of a fetch, redirects included. */
const TIME_LIMIT = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_REDIRECTS = 5;

/** Where a feed is fetched, and with what. */
export type FeedAddress = Pick<
  FeedRecord,
  "feed_url" | "validate_server_cert" | "username" | "password" | "ssl_client_crt" | "ssl_client_key"
>;

/** What feeds are fetched with. */
export interface FeedSources {
  store: Store;
  /** The folder that `file:` addresses lead to; without one there are none. */
  folder: string | undefined;
}

/** A feed that could not be fetched. The message holds neither credentials nor what the other server sent. */
export class FeedUnreachable extends Error {
  override readonly name = "FeedUnreachable";
}

/** Fetches what stands at a feed's address and reads it as JSON. */
export async function fetchFeed(
  sources: FeedSources,
  address: FeedAddress,
  signal: AbortSignal,
  timeLimit = TIME_LIMIT,
): Promise<unknown> {
  const url = URL.canParse(address.feed_url) ? new URL(address.feed_url) : undefined;
  if (url === undefined) throw new FeedUnreachable("The feed's address is no URL");
  const text = await read(sources, address, url, { signal, timeLimit });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FeedUnreachable("What stands at the feed's address is not JSON");
  }
}

function read(sources: FeedSources, address: FeedAddress, url: URL, limits: Limits): Promise<string> {
  switch (url.protocol) {
    case "file:":
      return readLocal(sources.folder, url);
    case "http:":
    case "https:":
      return url.hostname === OWN_FEED_HOST
        ? Promise.resolve(readOwn(sources.store, url))
        : within(limits, (signal) => download(address, url, signal));
    default:
      throw new FeedUnreachable(`Feeds are fetched by http, https or file, not by ${url.protocol.slice(0, -1)}`);
  }
}

/** What ends a fetch before its time. */
interface Limits {
  signal: AbortSignal;
  timeLimit: number;
}

/**
 * Does `work` with a signal that is aborted with `signal`, or when the time is over. A combined signal of the platform may
 * be taken away with the rubbish while somebody still waits for it; this one has a timer and a listener that hold it.
 */
async function within<T>({ signal, timeLimit }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const abort = (): void => end.abort(signal.reason);
  const timer = setTimeout(() => end.abort(new FeedUnreachable("The feed's server takes too long")), timeLimit);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await work(end.signal);
  } catch (error) {
    // Whoever is interrupted says so in his own words.
    throw end.signal.reason instanceof FeedUnreachable ? end.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function readOwn(store: Store, { pathname }: URL): string {
  const document = store.collection("published_feed").get(pathname);
  if (document === undefined) throw new FeedUnreachable(`${OWN_FEED_HOST} publishes no feed at ${pathname}`);
  return JSON.stringify(document);
}

/** A file of the folder: by its whole path, or by its path within the folder. Nothing outside, by links neither. */
async function readLocal(folder: string | undefined, url: URL): Promise<string> {
  if (folder === undefined) throw new FeedUnreachable("This sandbox has no folder for feeds");
  try {
    const root = await realpath(folder);
    const path = fileURLToPath(url);
    const file = await realpath(path.startsWith(root + sep) ? path : join(root, path));
    if (!file.startsWith(root + sep)) throw new FeedUnreachable("The feed's file is outside of the folder for feeds");
    if ((await stat(file)).size > MOST_BYTES) throw new FeedUnreachable("The feed's file is too large");
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof FeedUnreachable) throw error;
    throw new FeedUnreachable("There is no such file in the folder for feeds");
  }
}

async function download(address: FeedAddress, start: URL, signal: AbortSignal): Promise<string> {
  let url = start;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await get(address, url, url.origin === start.origin, signal);
    const { statusCode = 0 } = response;
    const { location } = response.headers;
    if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
      response.destroy();
      if (!URL.canParse(location, url.href)) throw new FeedUnreachable("The feed's server redirects to no URL");
      url = new URL(location, url);
      if (url.protocol !== "http:" && url.protocol !== "https:") {
        throw new FeedUnreachable(`The feed's server redirects to ${url.protocol.slice(0, -1)}, which is not followed`);
      }
      continue;
    }
    if (statusCode !== 200) {
      response.destroy();
      throw new FeedUnreachable(`The feed's server ${start.host} answered with ${statusCode}`);
    }
    return await bodyOf(response, start);
  }
  throw new FeedUnreachable(`The feed's server redirects more than ${MOST_REDIRECTS} times`);
}

/** Credentials go to the feed's own server and to no other that it may lead to. */
function get(address: FeedAddress, url: URL, own: boolean, signal: AbortSignal): Promise<IncomingMessage> {
  const { username, password, ssl_client_crt, ssl_client_key } = address;
  const options: RequestOptions = {
    signal,
    headers: { accept: "application/json" },
    rejectUnauthorized: address.validate_server_cert === true,
    ...(own && username !== null ? { auth: `${username}:${password ?? ""}` } : {}),
    ...(own && ssl_client_crt !== null ? { cert: ssl_client_crt } : {}),
    ...(own && ssl_client_key !== null ? { key: ssl_client_key } : {}),
  };
  const bare = new URL(url);
  if (!own) bare.username = bare.password = "";
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(unreachable(url, error));
    try {
      const request = url.protocol === "https:" ? secureRequest : plainRequest;
      request(bare, options, resolve).on("error", fail).end();
    } catch (error) {
      // A certificate or a key that cannot be read.
      fail(error);
    }
  });
}

async function bodyOf(response: IncomingMessage, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new FeedUnreachable("The feed is too large");
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(url, error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unreachable(url: URL, error: unknown): FeedUnreachable {
  if (error instanceof FeedUnreachable) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  return new FeedUnreachable(`The feed's server ${url.host} could not be asked${code}`);
}
