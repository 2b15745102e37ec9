import type { FeedDocument, FeedRecord } from "../../domain/index.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { LONGEST_TEXT, readObject, type WriteBody, wrongType } from "../../server/write-body.js";
import { removeActions } from "../../store/detection/actions.js";
import { removeFeedHits } from "../../store/detection/feed-hits.js";
import { findReport, removeReports } from "../../store/detection/reports.js";
import type { ResponseContext } from "../context.js";
import { feedDocument } from "../documents/feed.js";
import { reportDocument } from "../documents/threat-report.js";
import { obtainFeed, storeFeed } from "../feeds/load.js";
import { found, present } from "../found.js";
import { requireAdministrator } from "../rights.js";
import { SUCCESS } from "../success.js";
import { actionRoutes } from "./actions.js";

const PATH = "/api/v1/feed";
const USUAL_RATING = 3;

/** Feeds, their actions and their reports. */
export function feedRoutes(context: ResponseContext): Route[] {
  const feeds = context.store.collection("feed");
  const locate = (request: SandboxRequest): FeedRecord => found(feeds, request, "Feed");
  return [
    {
      method: "GET",
      path: PATH,
      handle: ({ user }) => ({ status: 200, body: feeds.all().map((record) => feedDocument(record, user)) }),
    },
    {
      method: "POST",
      path: PATH,
      handle: async (request) => {
        requireAdministrator(request, "Adding feeds");
        const record = await create(context, request);
        return { status: 200, body: feedDocument(record, request.user) };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:id`,
      handle: (request) => ({ status: 200, body: feedDocument(locate(request), request.user) }),
    },
    {
      method: "PUT",
      path: `${PATH}/:id`,
      handle: async (request) => {
        requireAdministrator(request, "Changing feeds");
        await update(context, locate(request), request);
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:id`,
      handle: (request) => {
        requireAdministrator(request, "Deleting feeds");
        remove(context, locate(request));
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: `${PATH}/:id/synchronize`,
      handle: async (request) => {
        requireAdministrator(request, "Synchronizing feeds");
        await synchronize(context, locate(request), request);
        return SUCCESS;
      },
    },
    {
      method: "GET",
      path: `${PATH}/:id/report/:report`,
      handle: (request) => {
        const feed = locate(request);
        const row = present(findReport(context.store, feed.id, request.params["report"] ?? ""), "Threat report");
        return { status: 200, body: reportDocument(row, feed) };
      },
    },
    ...actionRoutes(context, `${PATH}/:id/action`, (request) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        requireAdministrator(request, "Changing the actions of feeds");
      }
      return { feed: locate(request).id };
    }),
  ];
}

async function create(context: ResponseContext, request: SandboxRequest): Promise<FeedRecord> {
  const body = readObject(request);
  body.require("feed_url");
  const settings = readSettings(body, NEW);
  const document = await obtainFeed(context, settings, request.signal);
  // Only now, as another feed may have been added while this one was fetched.
  const id = context.store.collection("feed").nextKey();
  const record = { id, ...settings, ...published(document), matched: { process: 0, binary: 0 }, loads: 0 };
  storeFeed(context, record, document, true);
  return record;
}

/** The whole document comes back; what the feed says of itself stays as it is. */
async function update(context: ResponseContext, record: FeedRecord, request: SandboxRequest): Promise<void> {
  const body = readObject(request);
  const name = body.text("name");
  if (name !== undefined && name !== record.name) {
    throw new HttpProblem(400, `name comes with the feed and stays ${record.name}`);
  }
  const settings = readSettings(body, record);
  if (settings.feed_url === record.feed_url) {
    context.store.collection("feed").put(record.id, { ...record, ...settings });
    return;
  }
  const document = await obtainFeed(context, settings, request.signal);
  if (document.feedinfo.name !== record.name) {
    throw new HttpProblem(400, `At the new feed_url is another feed, named ${document.feedinfo.name}`);
  }
  const present = presentRecord(context, record);
  storeFeed(context, { ...present, ...readSettings(body, present), ...published(document) }, document, true);
}

async function synchronize(context: ResponseContext, record: FeedRecord, request: SandboxRequest): Promise<void> {
  if (!record.enabled) throw new HttpProblem(409, `Feed ${record.name} is disabled: enable it to synchronize it`);
  const again = request.body.length === 0 || (readObject(request).flag("full_sync") ?? true);
  const document = await obtainFeed(context, record, request.signal);
  if (document.feedinfo.name !== record.name) {
    throw new HttpProblem(500, `At the feed's address is another feed, named ${document.feedinfo.name}`);
  }
  storeFeed(context, { ...presentRecord(context, record), ...published(document) }, document, again);
}

/** The feed as it is now that its document has been fetched: somebody may have changed or removed it meanwhile. */
function presentRecord(context: ResponseContext, { id }: FeedRecord): FeedRecord {
  return present(context.store.collection("feed").get(id), "Feed");
}

/** With a feed go its reports, its actions, and what it told of documents. Its alerts stay. */
function remove(context: ResponseContext, record: FeedRecord): void {
  const { store } = context;
  store.alter((database) => {
    removeFeedHits(database, record, removeReports(database, record));
    removeActions(store, { feed: record.id });
    store.collection("feed").remove(record.id);
  });
}

/** What a feed says of itself. */
function published({ feedinfo }: FeedDocument) {
  const { name, display_name, summary, tech_data, provider_url, icon = "", icon_small = "" } = feedinfo;
  return {
    ...{ name, display_name, summary, tech_data, provider_url, icon, icon_small },
    category: feedinfo.category ?? null,
    provider_rating: feedinfo.provider_rating ?? USUAL_RATING,
  };
}

type Settings = Omit<FeedRecord, "id" | "matched" | "loads" | keyof ReturnType<typeof published>>;

const NEW: Settings = {
  feed_url: "",
  enabled: false,
  manually_added: true,
  ...{ use_proxy: false, validate_server_cert: false, username: null, password: null },
  ...{ ssl_client_crt: null, ssl_client_key: null, local_rating: null, order: null },
  ...{ requires: null, requires_what: null, requires_who: null },
};

/** What whoever adds a feed decides. An absent field stays as it was; null clears those that may be null. */
function readSettings(body: WriteBody, before: Settings): Settings {
  const cleared = <T>(name: string, value: T | undefined, old: T | null): T | null =>
    body.has(name) ? (value ?? null) : old;
  const text = (name: string, old: string | null): string | null => cleared(name, body.text(name, LONGEST_TEXT), old);
  return {
    feed_url: readUrl(body) ?? before.feed_url,
    enabled: body.flag("enabled") ?? before.enabled,
    manually_added: body.flag("manually_added") ?? before.manually_added,
    use_proxy: cleared("use_proxy", body.flag("use_proxy"), before.use_proxy),
    validate_server_cert: cleared("validate_server_cert", readCheck(body), before.validate_server_cert),
    username: text("username", before.username),
    password: text("password", before.password),
    ssl_client_crt: text("ssl_client_crt", before.ssl_client_crt),
    ssl_client_key: text("ssl_client_key", before.ssl_client_key),
    local_rating: cleared("local_rating", readNumber(body, "local_rating"), before.local_rating),
    order: cleared("order", body.integer("order"), before.order),
    requires: text("requires", before.requires),
    requires_what: text("requires_what", before.requires_what),
    requires_who: text("requires_who", before.requires_who),
  };
}

function readUrl(body: WriteBody): string | undefined {
  const url = body.text("feed_url", LONGEST_TEXT);
  if (url !== undefined && !/^(https?|file):/i.test(url)) throw wrongType("feed_url", "an http, https or file URL");
  return url;
}

/** Declared a text, sent as a flag: both are read. */
function readCheck(body: WriteBody): boolean | undefined {
  const value = body.value("validate_server_cert");
  if (typeof value !== "string") return body.flag("validate_server_cert");
  if (!/^(true|false)$/i.test(value)) throw wrongType("validate_server_cert", "true or false");
  return value.toLowerCase() === "true";
}

function readNumber(body: WriteBody, name: string): number | undefined {
  const value = body.value(name);
  if (value !== undefined && (typeof value !== "number" || !Number.isFinite(value))) throw wrongType(name, "a number");
  return value;
}
