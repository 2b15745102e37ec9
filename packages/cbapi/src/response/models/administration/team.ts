import { ApiError } from "../../../core/errors.js";
import { edit } from "../../../core/model/assign.js";
import type { ModelOrKey } from "../../../core/model/assigned-join.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { refByKey } from "../../../core/model/ref.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { SensorGroup } from "../sensor/sensor-group.js";

/** What the members of a team may do with the sensors of one group. */
export interface GroupAccess {
  readonly group_id: number;
  readonly group_name?: string | undefined;
  readonly access_category: "No Access" | "Viewer" | "Analyst" | "Administrator" | (string & {});
}

/**
 * Users who have the same rights.
 *
 * @example
 * const team = await cb.select(Team).where({ name: "Responders" }).one();
 * await team.addAdministratorAccess(7);
 * await team.save();
 */
export class Team extends defineModel(
  {
    name: "Team",
    path: "/api/team",
    key: "id",
    creatable: true,
    writable: ["name", "group_access"],
    required: ["name", "group_access"],
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    name: t.string(),
    /**
     * Can be changed: what the team may do with which groups. The list of teams leaves it out: `load()` brings it.
     * {@link Team.addViewerAccess} and the methods beside it change one entry, and leave to others what they change.
     */
    group_access: t.array(t.open<GroupAccess>()),
  },
) {
  /** @internal The list of teams, which has not been asked for: `GET /api/teams`. Its entries may be short. */
  static query(client: ModelHost): ListQuery<Team> {
    return ListQuery.of(client, Team, { path: "/api/teams", complete: false });
  }

  /**
   * Lets the team look at what belongs to a group, and no more. Takes the place of what it was allowed there before;
   * nothing is sent before `save()`, but for the name of a group that is not known: `GET /api/v3/group/{id}`.
   * @throws ObjectNotFoundError when there is no such group
   */
  addViewerAccess(group: ModelOrKey<SensorGroup>, options: CallOptions = {}): Promise<this> {
    return this.#allow(group, "Viewer", options);
  }

  /** The same as {@link Team.addViewerAccess}, for everything that can be done with a group. */
  addAdministratorAccess(group: ModelOrKey<SensorGroup>, options: CallOptions = {}): Promise<this> {
    return this.#allow(group, "Administrator", options);
  }

  /**
   * Takes back what the team is allowed in a group, if anything. Nothing is sent before `save()`.
   * @throws ObjectNotFoundError when the server does not have the team
   */
  async removeAccess(group: ModelOrKey<SensorGroup>, options: CallOptions = {}): Promise<this> {
    const { id } = await groupOf(group);
    await this.#known(options);
    edit<readonly GroupAccess[]>(this, "group_access", (access) => {
      const kept = access?.filter((entry) => Number(entry.group_id) !== id);
      return kept?.length === access?.length ? access : kept;
    });
    return this;
  }

  async #allow(
    group: ModelOrKey<SensorGroup>,
    category: GroupAccess["access_category"],
    options: CallOptions,
  ): Promise<this> {
    const { id, known } = await groupOf(group);
    const isOfGroup = (entry: GroupAccess) => Number(entry.group_id) === id;
    await this.#known(options);
    const present = this.group_access?.find(isOfGroup);
    let name = known?.name ?? present?.group_name;
    if (name === undefined && present === undefined) {
      ({ name } = await refByKey(Team.stateOf(this).client, SensorGroup, id, options));
    }
    edit<readonly GroupAccess[]>(this, "group_access", (known = []) => {
      const access = [...known];
      const place = access.findIndex(isOfGroup);
      const before = access[place];
      if (before === undefined) access.push({ group_id: id, group_name: name, access_category: category });
      else access[place] = { ...before, access_category: category };
      return access;
    });
    return this;
  }

  async #known(options: CallOptions): Promise<void> {
    if (this.group_access === undefined) await this.load(options);
  }
}

async function groupOf(group: ModelOrKey<SensorGroup>): Promise<{ readonly id: number; readonly known?: SensorGroup }> {
  if (typeof group === "number") return { id: Number(SensorGroup.normaliseKey(group)) };
  const known = await group;
  if (!(known instanceof SensorGroup) || known.id === undefined) {
    throw new ApiError(`A sensor group or its id is expected, got ${String(known)}`);
  }
  return { id: known.id, known };
}
