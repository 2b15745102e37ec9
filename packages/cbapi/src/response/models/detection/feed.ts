import { ClientError, InvalidObjectError, ServerError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { savedNumber } from "../../../core/model/saved.js";
import { sendWrite } from "../../../core/model/write.js";
import type { DryRun, SaveOptions, WritePlan } from "../../../core/model/write-plan.js";
import { ListQuery } from "../../../core/query/list-query.js";
import { range } from "../../../core/query/terms.js";
import { MASK, maskedValue } from "../../../core/transport/redact.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { edr } from "../../host.js";
import { BinaryQuery } from "../../queries/binary-query.js";
import type { ChildListQuery } from "../../queries/child-list-query.js";
import { ProcessQuery } from "../../queries/process-query.js";
import type { ThreatReportQuery } from "../../queries/threat-report-query.js";
import { requireOptions } from "../../requires.js";
import { Binary } from "../binary/binary.js";
import { Process } from "../process/process.js";
import { FeedAction } from "./feed-action.js";
import { ThreatReport } from "./threat-report.js";

/** How a feed is synchronized. */
export interface SynchronizeOptions extends CallOptions {
  /** Whether its reports are matched with everything that was recorded, and not with what is new only. Default true. */
  readonly full?: boolean | undefined;
}

/** Which tags of a feed are meant: scores go from -100 (known good) to 100 (malicious). */
export interface ScoreRange {
  /** The least score. Default 1. */
  readonly minScore?: number | undefined;
  /** The greatest score. Default unlimited. */
  readonly maxScore?: number | undefined;
}

/**
 * A threat feed: reports that the server fetches from somewhere and matches with what it has recorded.
 *
 * @example
 * const feed = cb.create(Feed, { feed_url: "https://feeds.example/x.json", enabled: true, manually_added: true });
 * await feed.save();
 * await feed.synchronize();
 */
export class Feed extends defineModel(
  {
    name: "Feed",
    path: "/api/v1/feed",
    key: "id",
    creatable: true,
    writable: [
      "feed_url",
      "name",
      "display_name",
      "summary",
      "tech_data",
      "category",
      "provider_url",
      "enabled",
      "manually_added",
      "use_proxy",
      "validate_server_cert",
      "username",
      "password",
      "ssl_client_crt",
      "ssl_client_key",
      "icon",
      "icon_small",
      "provider_rating",
      "local_rating",
      "order",
      "requires",
      "requires_what",
      "requires_who",
    ],
    required: ["feed_url"],
    keyOnly: ["synchronize", "createAction", "delete"],
  },
  {
    id: t.integer(),
    /** Where the server fetches it: http, https, or a file of the server's. Printed without the password that may be in it. */
    feed_url: t.string(),
    /** Letters and digits; the feed's tags are named by it in lower case: `alliance_score_<name>`. */
    name: t.string(),
    display_name: t.string(),
    summary: t.string(),
    tech_data: t.string(),
    category: t.string(),
    provider_url: t.string(),
    /** Whether the server fetches and matches it. */
    enabled: t.boolean(),
    manually_added: t.boolean(),
    use_proxy: t.boolean(),
    /** Whether the certificate of the feed's own server is checked. */
    validate_server_cert: t.boolean(),
    /** With which the server asks for the feed, as `password` and the client's certificate. */
    username: t.string(),
    /** Never printed. */
    password: t.string(),
    /** PEM. */
    ssl_client_crt: t.string(),
    /** PEM; never printed. */
    ssl_client_key: t.string(),
    /** An image, PNG or JPEG. */
    icon: t.bytes(),
    icon_small: t.bytes(),
    provider_rating: t.number(),
    local_rating: t.integer(),
    order: t.integer(),
    requires: t.string(),
    requires_what: t.string(),
    requires_who: t.string(),
  },
) {
  /** @internal The list of feeds, which has not been asked for: `GET /api/v1/feed`. */
  static query(client: ModelHost): ListQuery<Feed> {
    return ListQuery.of(client, Feed);
  }

  /**
   * Sends the changes: `POST /api/v1/feed` with the fields that were set, or `PUT /api/v1/feed/{id}` with all.
   * @throws ServerError for a new feed that the server could not fetch (`code` is `FEED_NOT_FETCHED`)
   */
  override async save<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  override async save(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    const { dryRun = false, ...rest } = options;
    if (dryRun) return super.save({ ...rest, dryRun });
    const isNew = Feed.stateOf(this).key === undefined;
    try {
      return await super.save(rest);
    } catch (error) {
      if (!isNew || !(error instanceof ServerError) || error.status !== 500) throw error;
      throw this.#notFetched(error);
    }
  }

  /**
   * Has the server fetch and match it from now on: reads it, and when it is not enabled, sends it back with `enabled`. What
   * was assigned and not saved is left alone. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   * @throws ObjectNotFoundError when the server does not have the feed
   */
  async enable<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async enable(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return this.changeNow({ enabled: true }, options);
  }

  /**
   * Has the server leave it alone from now on: the opposite of {@link Feed.enable}.
   * @throws ObjectNotFoundError when the server does not have the feed
   */
  async disable<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async disable(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return this.changeNow({ enabled: false }, options);
  }

  /**
   * Has the server fetch and match the feed at once: `POST /api/v1/feed/{id}/synchronize`. The answer does not wait for
   * the end of it.
   * @throws ClientError with status 409 when the feed is disabled
   */
  async synchronize(options: SynchronizeOptions = {}): Promise<void> {
    requireOptions("synchronize", "{ full: false }", options);
    const { full = true, ...call } = options;
    const id = savedNumber(this, "synchronize it");
    const request = { method: "POST", path: `${this.itemPath}/synchronize`, body: { full_sync: full } } as const;
    try {
      await sendWrite(Feed.stateOf(this).client, request, call);
    } catch (error) {
      if (!(error instanceof ClientError) || error.status !== 409) throw error;
      const { status, method, path, serverMessage } = error;
      throw new ClientError(`Feed ${id} is disabled and cannot be synchronized: enable() it first`, {
        cause: error,
        code: "FEED_DISABLED",
        status,
        method,
        path,
        serverMessage,
      });
    }
  }

  /**
   * The processes that it has tagged, as a query that has not been sent; `undefined` when the feed is disabled.
   * @example feed.searchProcesses({ minScore: 60 })?.where("hostname:win7")
   * @throws ApiError with code `INVALID_ARGUMENT` when a score is no whole number, or the greatest is below the least
   * @throws InvalidObjectError when the feed has no name
   */
  searchProcesses(scores: ScoreRange = {}): ProcessQuery | undefined {
    requireOptions("searchProcesses", "{ minScore: 60 }", scores);
    const term = this.#scoreTerm(scores);
    return term && new ProcessQuery(Feed.stateOf(this).client, Process, {}).where(term);
  }

  /** The binaries that it has tagged, as {@link Feed.searchProcesses}. */
  searchBinaries(scores: ScoreRange = {}): BinaryQuery | undefined {
    requireOptions("searchBinaries", "{ minScore: 60 }", scores);
    const term = this.#scoreTerm(scores);
    return term && new BinaryQuery(Feed.stateOf(this).client, Binary, {}).where(term);
  }

  /** What is done with its hits, as a query that has not been sent: `GET /api/v1/feed/{id}/action`. */
  get actions(): ChildListQuery<FeedAction> {
    return FeedAction.query(Feed.stateOf(this).client).where({ group_id: savedNumber(this, "list its actions") });
  }

  /** A new action of this feed, which has to be given a type and saved. */
  createAction(): FeedAction {
    const group_id = savedNumber(this, "give it an action");
    // The server demands a watchlist, of which there is none here.
    return edr(Feed.stateOf(this).client).create(FeedAction, { group_id, watchlist_id: -1 });
  }

  /** Its reports, as a query that has not been sent. */
  get reports(): ThreatReportQuery {
    return ThreatReport.query(Feed.stateOf(this).client).where(`feed_id:${savedNumber(this, "search its reports")}`);
  }

  #scoreTerm({
    minScore = 1,
    maxScore,
  }: ScoreRange): { [field: `alliance_score_${string}`]: ReturnType<typeof range> } | undefined {
    for (const score of [minScore, maxScore ?? minScore]) {
      if (!Number.isInteger(score)) throw invalidArgument(`a score is a whole number from -100 to 100, got ${score}`);
    }
    if (maxScore !== undefined && maxScore < minScore)
      throw invalidArgument(`no score is from ${minScore} to ${maxScore}: name the least one first`);
    if (this.enabled !== true) return undefined;
    const { name } = this;
    if (name === undefined || name === "") {
      throw new InvalidObjectError(`Feed ${this.id} has no name, by which its tags are searched`);
    }
    return { [`alliance_score_${name.toLowerCase()}` as const]: range(minScore, maxScore) };
  }

  /** The server repeats the address that it could not fetch, with its password. */
  #notFetched(error: ServerError): ServerError {
    const address = this.feed_url ?? "";
    const shown = String(maskedValue("feed_url", address));
    const password = passwordIn(address);
    const hide = (text: string) => {
      const masked = text.replaceAll(address, shown);
      return password === undefined ? masked : masked.replaceAll(password, MASK);
    };
    const { status, method, path, uri, code } = error;
    const serverMessage = error.serverMessage === undefined ? undefined : hide(error.serverMessage);
    const cause = new ServerError(hide(error.message), { status, method, path, uri, code, serverMessage });
    const reason = serverMessage === undefined || serverMessage === "" ? "" : ` It says: ${serverMessage}`;
    return new ServerError(
      `The server could not add the feed, most likely because it cannot fetch ${shown}. ` +
        `Check that the server reaches this address, by its proxy if it has one (use_proxy), and that a feed is there.${reason}`,
      { cause, code: "FEED_NOT_FETCHED", status, method, path, serverMessage },
    );
  }
}

/** The password of an address, as it stands there; `undefined` where there is none worth hiding by itself. */
function passwordIn(address: string): string | undefined {
  const password = /:\/\/[^:/?#]*:(.*)@/s.exec(address)?.[1];
  return password !== undefined && password.length >= 4 ? password : undefined;
}
