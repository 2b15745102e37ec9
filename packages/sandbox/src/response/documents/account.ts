import type { GroupRecord, TeamRecord, UserRecord } from "../../domain/index.js";

/** A user. The token only for those who may see it; the password for nobody. */
export function userDocument(
  record: UserRecord,
  teams: ReadonlyMap<number, TeamRecord>,
  authToken?: string,
): Record<string, unknown> {
  const { username, first_name, last_name, email, global_admin } = record;
  return {
    id: username,
    ...{ username, first_name, last_name, email, global_admin },
    teams: record.teams.flatMap((id) => {
      const team = teams.get(id);
      return team === undefined ? [] : [teamEntry(team)];
    }),
    ...(authToken === undefined ? {} : { auth_token: authToken }),
  };
}

/** As much of a team as lists and users tell. */
export const teamEntry = ({ id, name }: TeamRecord): { id: number; name: string } => ({ id, name });

/** A team with what it may do where. Groups that are gone are left out. */
export function teamDocument(record: TeamRecord, groups: ReadonlyMap<number, GroupRecord>): Record<string, unknown> {
  return {
    ...teamEntry(record),
    group_access: record.group_access.flatMap(({ group_id, access_category }) => {
      const group = groups.get(group_id);
      return group === undefined ? [] : [{ group_id, group_name: group.name, access_category }];
    }),
  };
}
