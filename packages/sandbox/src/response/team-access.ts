import { ACCESS_CATEGORIES, type TeamRecord } from "../domain/index.js";
import { WriteBody, wrongType } from "../server/write-body.js";
import type { Store } from "../store/store.js";

/** What a team may do with a group, as the group's document tells it. The teams keep it; a group shows their side of it. */
export interface TeamAccess {
  team_id: number;
  team_name: string;
  access_category: TeamRecord["group_access"][number]["access_category"];
}

/** The teams that have a say in a group, by id. */
export function teamAccessOf(teams: readonly TeamRecord[], group: number): TeamAccess[] {
  return teams.flatMap(({ id, name, group_access }) =>
    group_access
      .filter((access) => access.group_id === group)
      .map(({ access_category }) => ({ team_id: id, team_name: name, access_category })),
  );
}

/** The access that a body gives to teams; refuses unknown teams and categories. Names are not looked at. */
export function readTeamAccess(store: Store, entries: readonly unknown[]): Map<number, TeamAccess["access_category"]> {
  const teams = new Set(
    store
      .collection("team")
      .all()
      .map((team) => team.id),
  );
  const access = new Map<number, TeamAccess["access_category"]>();
  entries.forEach((entry, index) => {
    const place = `team_access[${index}]`;
    const fields = new WriteBody(entry, place);
    const team_id = fields.integer("team_id");
    if (team_id === undefined || !teams.has(team_id)) throw wrongType(`${place}.team_id`, "the id of a team");
    const category = ACCESS_CATEGORIES.find((each) => each === fields.value("access_category"));
    if (category === undefined) {
      throw wrongType(`${place}.access_category`, `one of ${ACCESS_CATEGORIES.join(", ")}`);
    }
    access.set(team_id, category);
  });
  return access;
}

/** Gives the teams this access to a group, and the others none. */
export function giveTeamAccess(
  store: Store,
  group: number,
  access: ReadonlyMap<number, TeamAccess["access_category"]>,
): void {
  const teams = store.collection("team");
  for (const team of teams.all()) {
    const others = team.group_access.filter((each) => each.group_id !== group);
    const category = access.get(team.id);
    if (category === undefined && others.length === team.group_access.length) continue;
    const own = category === undefined ? [] : [{ group_id: group, access_category: category }];
    teams.put(team.id, { ...team, group_access: [...others, ...own] });
  }
}
