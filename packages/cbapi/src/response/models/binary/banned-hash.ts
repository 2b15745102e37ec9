import { ClientError, InvalidHashError, ObjectNotFoundError, ServerError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Fetched, type Key } from "../../../core/model/document.js";
import { type StringField, t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { asDocument } from "../../../core/model/model.js";
import { refByKey } from "../../../core/model/ref.js";
import { one } from "../../../core/model/relations.js";
import { inTurnOf } from "../../../core/model/turns.js";
import type { DryRun, SaveOptions, WritePlan, WriteRequest } from "../../../core/model/write-plan.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { edr } from "../../host.js";
import { oldRoutes } from "../../routes.js";
import { Binary, isMd5 } from "./binary.js";

/** How a hash is banned. */
export interface BanOptions extends Omit<SaveOptions, "verify"> {
  /** Why it is banned. A ban that holds already keeps the text that it has. */
  readonly text?: string | undefined;
}

/** One line of a ban's history. */
export interface BanAudit {
  /** Who made the change. */
  readonly username?: string;
  readonly user_id?: number;
  /** When, as the server writes it. */
  readonly timestamp?: string;
  /** What the ban's text and state were from then on. */
  readonly text?: string | null;
  readonly enabled?: boolean;
}

/** The banning routes spell hashes in lower case. */
const md5: StringField = { ...t.string(), encode: bannedMd5 };

/**
 * A hash whose executions the sensors stop.
 *
 * A ban that was lifted stays on the server's list, with `enabled` false, and can be made to hold again. `delete()` lifts it
 * too: `DELETE /api/v1/banning/blacklist/{md5}`. The server then keeps its record without the text, and changes that were not
 * saved are dropped.
 *
 * @example
 * await BannedHash.ban(cb, binary.md5, { text: "ransomware" });
 * @example
 * const ban = cb.create(BannedHash, { md5hash: binary.md5, text: "ransomware" });
 * await ban.save();      // ClientError with status 409 when it is banned already
 * await ban.disable();
 */
export class BannedHash extends defineModel(
  {
    name: "BannedHash",
    path: oldRoutes.bannedHashes,
    key: "md5hash",
    ownKey: true,
    creatable: true,
    writable: ["md5hash", "text", "enabled"],
    required: ["md5hash"],
    keyOnly: ["enable", "disable", "delete"],
  },
  {
    /** The MD5, in lower case. Named by the caller when the ban is made, and not changed afterwards. */
    md5hash: md5,
    /** Can be changed: why it was banned. The server clears it when the ban is lifted; saving puts it back. */
    text: t.string(),
    /** Can be changed: whether the ban holds. A new one does unless it says otherwise. */
    enabled: t.boolean(),
    /** Who banned it. */
    username: t.string(),
    user_id: t.integer(),
    /** When it was banned. */
    timestamp: t.dateTime(),
    /** How often sensors stopped it. */
    block_count: t.integer(),
    last_block_time: t.dateTime(),
    last_block_sensor_id: t.integer(),
    last_block_hostname: t.string(),
    /** What was done to the ban, the latest first. */
    audit: t.array(t.open<BanAudit>()),
    /** The binary of this hash, which the server may not have: `ObjectNotFoundError` then. */
    get binary() {
      return one(Binary, "md5hash");
    },
  },
) {
  /**
   * @internal The list of bans, which has not been asked for: `GET /api/v1/banning/blacklist?count=10000`, since the server gives
   * 500 by itself. A longer list is asked for again with a larger number, and `report()` tells when it may be cut.
   */
  static query(client: ModelHost): ListQuery<BannedHash> {
    const path = edr(client).routes.bannedHashes;
    return ListQuery.of(client, BannedHash, { path, count: { parameter: "count", rows: 10_000 } });
  }

  /** @internal The banning routes spell hashes in lower case. */
  static override normaliseKey(key: Key): Key {
    return String(key).toLowerCase();
  }

  /** @internal `GET /api/v1/banning/blacklist/{md5}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const path = `${edr(client).routes.bannedHashes}/${encodeURIComponent(key)}`;
    return { document: asDocument(await client.getObject(path, undefined, options), "BannedHash", key) };
  }

  /**
   * Bans a hash. Asks for its ban first, and does nothing when it holds already, whoever made it; one that was lifted is
   * made to hold again. Gives the ban as the server then has it; with `dryRun`, what would be sent, `undefined` when
   * nothing would be.
   * @throws InvalidHashError when the text is no MD5; nothing is sent then
   * @throws ServerError when the server accepted the ban and does not have it afterwards
   */
  static async ban<D extends boolean | undefined = false>(
    client: ModelHost,
    md5: string,
    options?: BanOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, BannedHash>>;
  static async ban(
    client: ModelHost,
    md5: string,
    options: BanOptions = {},
  ): Promise<BannedHash | WritePlan | undefined> {
    const md5hash = bannedMd5(md5);
    return inTurnOf(client, BannedHash, md5hash, options, (call) => BannedHash.#ban(client, md5hash, options, call));
  }

  static async #ban(
    client: ModelHost,
    md5hash: string,
    { text, dryRun = false }: BanOptions,
    call: CallOptions,
  ): Promise<BannedHash | WritePlan | undefined> {
    const known = await find(client, md5hash, call);
    if (known?.enabled === true) return dryRun ? undefined : known;
    const ban = known ?? new BannedHash({ client }).set({ md5hash });
    ban.set({ enabled: true, ...(text === undefined ? {} : { text }) });
    try {
      const plan = await ban.saveInTurn({ dryRun }, call);
      if (dryRun) return plan;
    } catch (error) {
      if (!(error instanceof ClientError) || error.status !== 409) throw error;
      // Somebody else banned it at the same time.
      const theirs = await find(client, md5hash, call);
      if (theirs?.enabled !== true) throw error;
      return theirs;
    }
    if (ban.enabled !== true) {
      const message = `The server accepted the ban of ${md5hash}, but the ban does not hold afterwards`;
      throw new ServerError(message, { code: "WRITE_NOT_APPLIED" });
    }
    return ban;
  }

  /**
   * Makes the ban hold: reads it, and when it does not hold, posts it. Changes that were not saved are left alone. With
   * `dryRun`, gives what would be sent, `undefined` when nothing would be.
   */
  async enable<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async enable(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return this.changeNow({ enabled: true }, options);
  }

  /**
   * Lifts the ban: reads it, and when it holds, deletes it and puts its text back. Changes that were not saved are left
   * alone. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   */
  async disable<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async disable(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    return this.changeNow({ enabled: false }, options);
  }

  /** The server keeps the record of a ban that was deleted, without its text: this object can be enabled again. */
  protected override afterDelete(): void {
    const state = BannedHash.stateOf(this);
    state.changes = undefined;
    state.refreshedAt = undefined;
    // So much is certain of what the server has now.
    state.document = { md5hash: state.key, enabled: false };
    state.completeness = Completeness.partial;
  }

  protected override get collectionPath(): string {
    return edr(BannedHash.stateOf(this).client).routes.bannedHashes;
  }

  protected override createRequest(): WriteRequest {
    return { method: "POST", path: this.collectionPath, body: { enabled: true, ...this.toJSON() } };
  }

  protected override writeRequests(): readonly WriteRequest[] {
    const { key, changes } = BannedHash.stateOf(this);
    if (key === undefined || changes?.has("enabled") !== true) return super.writeRequests();
    const body = { ...this.toJSON(), md5hash: key };
    if (this.enabled === true) return [{ method: "POST", path: this.collectionPath, body }];
    const lift: WriteRequest = { method: "DELETE", path: this.itemPath };
    // Lifting a ban clears its text.
    return this.text ? [lift, { method: "PUT", path: this.itemPath, body: { ...body, enabled: false } }] : [lift];
  }

  /** The text was cleared and not put back. */
  protected override leftUndone(): Readonly<Record<string, unknown>> {
    return this.text === undefined ? {} : { text: this.text };
  }
}

/** The ban as the server has it now; `undefined` when the hash was never banned. */
async function find(client: ModelHost, md5hash: string, options: CallOptions): Promise<BannedHash | undefined> {
  try {
    return await refByKey(client, BannedHash, md5hash, { ...options, refresh: true });
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/**
 * The hash as the banning routes spell it.
 * @throws InvalidHashError when the text is no MD5
 */
function bannedMd5(text: unknown): string {
  if (isMd5(text)) return text.toLowerCase();
  throw new InvalidHashError(`${JSON.stringify(text)} cannot be banned: an MD5 with 32 hexadecimal digits is expected`);
}
