import type { BanRecord } from "../../domain/index.js";
import { readCount } from "../../server/parameters.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { LONGEST_TEXT, readObject, type WriteBody } from "../../server/write-body.js";
import type { ResponseContext } from "../context.js";
import { banDocument } from "../documents/ban.js";
import { present } from "../found.js";
import { SUCCESS } from "../success.js";

/** So many bans are listed unless more are asked for. */
const USUAL_COUNT = 500;
const PATH = "/api/v1/banning/blacklist";

/** Hashes that must not run. Whoever has a token may ban: what was done by whom stays in the record for good. */
export function banningRoutes(context: ResponseContext): Route[] {
  const bans = context.store.collection("ban");
  const locate = ({ params }: SandboxRequest): BanRecord => present(bans.get(readHash(params["md5"])), "Banned hash");
  /** Writes a ban in its new state, which becomes the newest entry of its history. */
  const change = (
    request: SandboxRequest,
    record: BanRecord,
    state: { text: string | null; enabled: boolean },
  ): void => {
    const { id, username } = context.accounts.of(request);
    const entry = { username, user_id: id, timestamp: context.now(), ...state };
    bans.put(record.md5, { ...record, ...state, audit: [entry, ...record.audit] });
  };

  return [
    {
      method: "GET",
      path: PATH,
      handle: ({ query }) => {
        const newestFirst = bans.all().sort((a, b) => changed(b) - changed(a) || (a.md5 < b.md5 ? -1 : 1));
        return { status: 200, body: newestFirst.slice(0, readCount(query, "count", USUAL_COUNT)).map(banDocument) };
      },
    },
    {
      method: "POST",
      path: PATH,
      handle: (request) => {
        const body = readObject(request);
        body.require("md5hash");
        const md5 = readHash(body.text("md5hash"));
        const state = { text: readText(body) ?? null, enabled: body.flag("enabled") ?? true };
        const known = bans.get(md5);
        if (known?.enabled) throw new HttpProblem(409, `Banned hash already exists: ${md5}`);
        change(request, known ?? neverBlocked(md5), state);
        return SUCCESS;
      },
    },
    {
      method: "GET",
      path: `${PATH}/:md5`,
      handle: (request) => ({ status: 200, body: banDocument(locate(request)) }),
    },
    {
      method: "PUT",
      path: `${PATH}/:md5`,
      handle: (request) => {
        const record = locate(request);
        const body = readObject(request);
        checkSame(body, record);
        const text = readText(body);
        if (text !== undefined && text !== record.text) change(request, record, { text, enabled: record.enabled });
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:md5`,
      handle: (request) => {
        const record = locate(request);
        if (record.enabled) change(request, record, { text: null, enabled: false });
        return SUCCESS;
      },
    },
    // Hashes and paths that can never be banned: none but those that a server is delivered with, which are not known.
    { method: "GET", path: "/api/v1/banning/whitelist", handle: () => ({ status: 200, body: { whitelist: [] } }) },
    { method: "GET", path: "/api/v1/banning/restrictions", handle: () => ({ status: 200, body: { patterns: [] } }) },
  ];
}

const changed = (record: BanRecord): number => record.audit[0]?.timestamp ?? 0;

const neverBlocked = (md5: string): BanRecord => ({
  ...{ md5, text: null, enabled: false, audit: [] },
  ...{ block_count: 0, last_block_time: null, last_block_sensor_id: null, last_block_hostname: null },
});

function readHash(text = ""): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw new HttpProblem(400, "md5hash must be 32 hexadecimal digits");
  return text.toLowerCase();
}

/** Null clears the text; undefined leaves it as it is. */
function readText(body: WriteBody): string | null | undefined {
  return body.text("text", LONGEST_TEXT) ?? (body.has("text") ? null : undefined);
}

/** Of a document that comes back only the text may differ; the rest is the server's to say, or changed by other methods. */
function checkSame(body: WriteBody, record: BanRecord): void {
  const hash = body.text("md5hash");
  if (hash !== undefined && readHash(hash) !== record.md5) throw new HttpProblem(400, "md5hash cannot be changed");
  const enabled = body.flag("enabled");
  if (enabled === undefined || enabled === record.enabled) return;
  throw new HttpProblem(
    400,
    `enabled is ${record.enabled} and not changed by PUT: DELETE lifts a ban, POST puts one in force`,
  );
}
