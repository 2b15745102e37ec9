// What is needed of VirusTotal's API, version 3: https://docs.virustotal.com/reference
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { ask, ServiceError, serviceUrl } from "./http.js";

/** What the engines say of a file. */
export interface VirusTotalReport {
  /** Engines that hold it for malicious or suspicious. */
  readonly positives: number;
  /** Engines that said anything about it. */
  readonly total: number;
  /** What the former call it, as `engine:name`. */
  readonly names: readonly { readonly engine: string; readonly name: string }[];
  /** The page that shows it. */
  readonly link: string;
}

/** VirusTotal wants to be left alone, by everybody who uses this key. */
export class RateLimited extends Error {
  /** Milliseconds from now. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super("the limit of requests is reached");
    this.retryAfter = retryAfter;
  }
}

/** Where it says nothing of how long the limit lasts: public keys have four requests a minute. */
const USUAL_PAUSE = 60_000;
/** Files above it go to an address that is asked for; in bytes. */
const LARGE = 32 * 1024 * 1024;

export class VirusTotal {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #quietUntil = 0;

  /** @param url with the version: `https://www.virustotal.com/api/v3` */
  constructor(url: string, key: string) {
    this.#url = serviceUrl(url);
    this.#headers = { "x-apikey": key, accept: "application/json" };
  }

  /**
   * The report on the file of this MD5, SHA-1 or SHA-256: `GET /files/{hash}`; `undefined` where there is none.
   * @throws RateLimited, or ServiceError
   */
  async report(hash: string, signal: AbortSignal): Promise<VirusTotalReport | undefined> {
    const { status, body } = await this.#ask(`${this.#url}/files/${encodeURIComponent(hash)}`, { signal });
    return status === 404 ? undefined : reportIn(body);
  }

  /** Sends a file: `POST /files`, which takes what is small, or the address that is given for what is not. */
  async upload(path: string, signal: AbortSignal): Promise<void> {
    const file = await openAsBlob(path);
    const form = new FormData();
    form.append("file", file, basename(path));
    let url = `${this.#url}/files`;
    if (file.size > LARGE) {
      const { body } = await this.#ask(`${this.#url}/files/upload_url`, { signal });
      url = serviceUrl(String((body as { data?: unknown } | undefined)?.data));
    }
    await this.#ask(url, { method: "POST", body: form, signal });
  }

  async #ask(url: string, init: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> {
    const left = this.#quietUntil - Date.now();
    if (left > 0) throw new RateLimited(left);
    try {
      // 204 is how the limit was told of in the past.
      const answer = await ask(url, { ...init, headers: this.#headers, expected: [404] });
      if (answer.status !== 204) return answer;
      throw new ServiceError("", 429);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 429) throw error;
      const pause = error.retryAfter ?? USUAL_PAUSE;
      this.#quietUntil = Date.now() + pause;
      throw new RateLimited(pause);
    }
  }
}

/** A file that was sent and not looked at yet has a report without results: that is none. */
function reportIn(body: unknown): VirusTotalReport | undefined {
  const { data } = (body ?? {}) as { data?: { id?: string; attributes?: Record<string, unknown> } };
  const stats = (data?.attributes?.["last_analysis_stats"] ?? {}) as Record<string, number | undefined>;
  const count = (...kinds: readonly string[]): number => kinds.reduce((sum, kind) => sum + Number(stats[kind] ?? 0), 0);
  const positives = count("malicious", "suspicious");
  const total = positives + count("undetected", "harmless");
  if (total === 0) return undefined;
  const results = (data?.attributes?.["last_analysis_results"] ?? {}) as Record<
    string,
    Partial<Record<string, string>>
  >;
  const names = Object.entries(results).flatMap(([engine, { category, result }]) =>
    category === "malicious" || category === "suspicious" ? [{ engine, name: result ?? category }] : [],
  );
  return { positives, total, names, link: `https://www.virustotal.com/gui/file/${encodeURIComponent(data?.id ?? "")}` };
}
