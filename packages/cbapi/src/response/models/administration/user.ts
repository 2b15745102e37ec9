import { ApiError } from "../../../core/errors.js";
import { edit } from "../../../core/model/assign.js";
import type { ModelOrKey } from "../../../core/model/assigned-join.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { type ArrayField, t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { refByKey } from "../../../core/model/ref.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { connected, edr } from "../../host.js";
import { Team } from "./team.js";

/** A team that a user belongs to. */
export interface UserTeam {
  readonly id: number;
  readonly name?: string | undefined;
}

const teams: ArrayField<UserTeam, UserTeam | Team> = {
  ...t.array(t.open<UserTeam>()),
  encode: (value) => {
    if (!Array.isArray(value)) throw new TypeError("expected a list of teams");
    return value.map((team: UserTeam | Team | null) => {
      const id = typeof team === "object" ? team?.id : undefined;
      if (typeof id !== "number") {
        throw new TypeError("expected teams as objects with id and name; addTeam() takes a team's id or name");
      }
      return team?.name === undefined ? { id } : { id, name: team.name };
    });
  },
};

/**
 * Somebody who may use the console, or the API.
 *
 * @example
 * const user = cb.create(User, { username: "jgarman", password, first_name: "Jason", last_name: "Garman" });
 * user.set({ email: "jgarman@example.com", global_admin: false, teams: [] });
 * await user.addTeam("Analysts");
 * await user.save();
 */
export class User extends defineModel(
  {
    name: "User",
    path: "/api/user",
    key: "username",
    ownKey: true,
    creatable: true,
    writable: ["username", "first_name", "last_name", "email", "teams", "global_admin", "password", "current_password"],
    required: ["username", "first_name", "last_name", "email", "teams", "global_admin"],
    keyOnly: ["delete"],
  },
  {
    /** Named by the caller when the user is made, and not changed afterwards. */
    username: t.string(),
    /** The same as `username`. */
    id: t.string(),
    /** Can be changed. */
    first_name: t.string(),
    /** Can be changed. */
    last_name: t.string(),
    /** Can be changed. */
    email: t.string(),
    /** Can be changed, best by {@link User.addTeam} and {@link User.removeTeam}. */
    teams,
    /** Can be changed: whether everything is allowed, whatever the teams say. */
    global_admin: t.boolean(),
    /** Can be set. The server never gives it back, and it is never printed. */
    password: t.string(),
    /** Can be set, where the server wants the old password along with a new one. */
    current_password: t.string(),
    /** The user's API token, which older servers give. It is never printed. */
    auth_token: t.string(),
  },
) {
  /** @internal The list of users, which has not been asked for: `GET /api/users`. */
  static query(client: ModelHost): ListQuery<User> {
    return ListQuery.of(client, User, { path: "/api/users" });
  }

  /** @internal `GET /api/user/{username}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { document } = await super.fetchDocument(client, key, options);
    return { document: { ...document, id: key } };
  }

  /** The same as `username`. */
  override get id(): string | undefined {
    return this.username;
  }

  /**
   * Puts the user into a team, which text names by its name; nothing changes when it is there already. Nothing is sent before `save()`, but for what
   * is not known of the team: `GET /api/team/{id}` for an id, `GET /api/teams` for a name.
   * @throws MoreThanOneResultError when there is not exactly one team of this name
   */
  async addTeam(team: ModelOrKey<Team> | string, options: CallOptions = {}): Promise<this> {
    const { id, name } = await this.#find(team, options);
    await this.#known(options);
    edit<readonly UserTeam[]>(this, "teams", (mine) =>
      mine?.some((one) => Number(one.id) === id) === true ? mine : [...(mine ?? []), { id, name }],
    );
    return this;
  }

  /**
   * Takes the user out of a team, which text names by its name; nothing changes when it is not there. Nothing is sent before `save()`, but for
   * `GET /api/teams` when a team of this name is not among the user's own.
   * @throws MoreThanOneResultError when there is not exactly one team of this name
   */
  async removeTeam(team: ModelOrKey<Team> | string, options: CallOptions = {}): Promise<this> {
    await this.#known(options);
    const named = (this.teams ?? []).filter((one) => typeof team === "string" && sameName(one.name, team));
    let id = typeof team === "number" ? team : undefined;
    if (named.length === 1) id = Number(named[0]?.id);
    id ??= (await this.#find(team, options)).id;
    edit<readonly UserTeam[]>(this, "teams", (mine) => {
      const kept = mine?.filter((one) => Number(one.id) !== id);
      return kept?.length === mine?.length ? mine : kept;
    });
    return this;
  }

  /**
   * The teams that the user belongs to, as objects: `GET /api/team/{id}` for each that is not known.
   * @throws ObjectNotFoundError when the server does not have the user, or one of the teams
   */
  async getTeams(options: CallOptions = {}): Promise<Team[]> {
    const { client } = User.stateOf(this);
    await this.#known(options);
    return Promise.all((this.teams ?? []).map(async ({ id }) => refByKey(client, Team, id, options)));
  }

  /** Servers take teams in different forms. */
  protected override async prepare(options: CallOptions): Promise<void> {
    await connected(User.stateOf(this).client, options);
  }

  /** A new user is sent without `id`, and with the ids of its teams. */
  protected override createRequest(): WriteRequest {
    const { id: _, teams, ...rest } = this.toJSON();
    return { method: "POST", path: "/api/user", body: { ...rest, teams: idsOf(teams) } };
  }

  /** The whole user. Servers before 6.1 take the ids of teams. */
  protected override updateRequest(): WriteRequest {
    // The token is the server's to give.
    const { auth_token: _, ...document } = this.toJSON();
    const byId = !edr(User.stateOf(this).client).cb_server_version.atLeast(6, 1);
    const body = { ...document, id: this.username, ...(byId ? { teams: idsOf(document["teams"]) } : {}) };
    return { method: "PUT", path: this.itemPath, body };
  }

  async #known(options: CallOptions): Promise<void> {
    if (this.teams === undefined) await this.load(options);
  }

  /** The one team that is meant. */
  async #find(
    team: ModelOrKey<Team> | string,
    options: CallOptions,
  ): Promise<{ id: number; name: string | undefined }> {
    const { client } = User.stateOf(this);
    let found: unknown;
    if (typeof team === "string") found = await Team.query(client).where({ name: team }).one(options);
    else if (typeof team === "number") found = await refByKey(client, Team, team, options);
    else found = await team;
    if (!(found instanceof Team) || found.id === undefined) {
      throw new ApiError(`A team, its id or its name is expected, got ${String(found)}`);
    }
    return { id: found.id, name: found.name ?? (await found.load(options)).name };
  }
}

function sameName(a: string | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}

function idsOf(list: unknown): unknown[] {
  return Array.isArray(list) ? list.map((team: UserTeam) => team.id) : [];
}
