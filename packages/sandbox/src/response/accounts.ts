import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { TeamRecord, UserRecord } from "../domain/index.js";
import { HttpProblem, type SandboxRequest, type TokenRecord } from "../server/product.js";
import type { Collection } from "../store/collection.js";
import type { Store } from "../store/store.js";

declare module "../domain/objects.js" {
  interface ObjectRecords {
    /** Names of users who were deleted, so that whoever still holds a token of theirs is turned away. Key: the name. */
    removed_user: { username: string };
  }
}

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const HASH_BYTES = 32;
/** What the tokens of users look like. */
const TOKEN = /^[0-9a-f]{40}$/;

/**
 * The users of the server. Whoever owns a token of the sandbox is one of them: an account is made for him when there is
 * none. From then on the account decides what he may do, and once it is deleted his token is worth nothing. Everybody else
 * has a token that follows from a key, from his number and his name, so that nothing has to be written to show it.
 */
export class Accounts {
  readonly #users: Collection<UserRecord>;
  readonly #removed: Collection<{ username: string }>;
  readonly #owners: () => readonly TokenRecord[];
  readonly #key: string;
  /** The tokens that have been made, by number and name of the user; those of deleted users too. */
  readonly #tokens = new Map<string, string>();
  /** Whether the users that were there from the start are among them. */
  #complete = false;

  constructor(store: Store, { owners, key }: { owners?: () => readonly TokenRecord[]; key?: string } = {}) {
    this.#users = store.collection("user");
    this.#removed = store.collection("removed_user");
    this.#owners = owners ?? (() => []);
    this.#key = key ?? randomBytes(32).toString("hex");
  }

  /** Everybody, by id. */
  all(): UserRecord[] {
    for (const owner of this.#owners()) this.#admit(owner);
    return this.#users.all();
  }

  find(username: string): UserRecord | undefined {
    const owner = this.#owners().find((each) => each.username === username);
    return owner === undefined ? this.#known(username) : this.#admit(owner);
  }

  /** Who asks. */
  of({ user }: SandboxRequest): UserRecord {
    const account = this.#admit(user);
    if (account === undefined) throw new HttpProblem(401, "The account was deleted");
    return account;
  }

  /** Whose token this is, with the rights of the account; undefined when it is nobody's any more. */
  identify(token: string | undefined, known: TokenRecord | undefined): TokenRecord | undefined {
    if (known !== undefined) {
      const account = this.#admit(known);
      return account === undefined ? undefined : { ...known, globalAdmin: account.global_admin };
    }
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const account = this.#users.all().find((each) => this.#made(each) === token);
    return account === undefined ? undefined : { token, username: account.username, globalAdmin: account.global_admin };
  }

  /** The token with which a user can ask. */
  tokenOf(account: UserRecord): string {
    return this.#owners().find((each) => each.username === account.username)?.token ?? this.#made(account);
  }

  /** All tokens that were made for users, so that they can be kept out of what is written down. */
  secrets(): Iterable<string> {
    if (!this.#complete) for (const account of this.#users.all()) this.#made(account);
    this.#complete = true;
    return this.#tokens.values();
  }

  add(account: Omit<UserRecord, "id">): UserRecord {
    const record = { ...account, id: this.#users.nextKey() };
    this.#users.put(record.id, record);
    this.#removed.remove(record.username);
    this.#made(record);
    return record;
  }

  save(account: UserRecord): void {
    this.#users.put(account.id, account);
  }

  remove(account: UserRecord): void {
    this.#users.remove(account.id);
    this.#removed.put(account.username, { username: account.username });
  }

  /** Whether the server would be left without a global administrator if it were not for this one. */
  isLastAdministrator(account: UserRecord): boolean {
    return account.global_admin && !this.all().some((each) => each.global_admin && each.id !== account.id);
  }

  /** Takes a team that is no more from everybody. */
  leaveTeam(team: TeamRecord): void {
    for (const account of this.#users.all()) {
      if (!account.teams.includes(team.id)) continue;
      this.save({ ...account, teams: account.teams.filter((id) => id !== team.id) });
    }
  }

  #made({ id, username }: UserRecord): string {
    const name = `${id}/${username}`;
    let token = this.#tokens.get(name);
    if (token === undefined) {
      token = createHmac("sha256", this.#key).update(name).digest("hex").slice(0, 40);
      this.#tokens.set(name, token);
    }
    return token;
  }

  #known(username: string): UserRecord | undefined {
    return this.#users.find("username", username);
  }

  /** The account of a token's owner; undefined when it was deleted. */
  #admit({ username, globalAdmin }: TokenRecord): UserRecord | undefined {
    const known = this.#known(username);
    if (known !== undefined || this.#removed.get(username) !== undefined) return known;
    const names = { username, first_name: username, last_name: "", email: "" };
    return this.add({ ...names, global_admin: globalAdmin, teams: [] });
  }
}

/** A password as it may be kept. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString("hex")}:${(await derive(password, salt, HASH_BYTES)).toString("hex")}`;
}

/** Whether this is the password that was hashed. */
export async function isPassword(password: string, hashed: string): Promise<boolean> {
  const [salt = "", hash = ""] = hashed.split(":").map((part) => Buffer.from(part, "hex"));
  if (typeof salt === "string" || typeof hash === "string") return false;
  const derived = await derive(password, salt, HASH_BYTES);
  return derived.length === hash.length && timingSafeEqual(derived, hash);
}
