import {
  type IngressFilterRecord,
  NEW_INGRESS_FILTER,
  type OrganisationSink,
  type TeamRecord,
  type UserRecord,
} from "../domain/index.js";
import { COMPANY, groups } from "./hosts.js";
import type { SetUp } from "./set-up.js";

const DAY = 86_400_000;

/** The users whom other records of the generated organisation name. */
export const STAFF = {
  admin: { id: 1, username: "admin" },
  analyst: { id: 3, username: "nbauer" },
} as const;

const ADMINISTRATORS = 1;
const ANALYSTS = 2;
const SUPPORT = 3;

/** The accounts and filters that administrators have set up. What they made of events is {@link Casework}. */
export function writeAdministration(sink: OrganisationSink, { now, scale }: SetUp): void {
  if (scale === "empty") return;
  const company = scale === "default";
  for (const team of company ? companyTeams() : [administrators([1])]) sink.object("team", team.id, team);
  for (const user of company ? staff : staff.slice(0, 1)) sink.object("user", user.id, user);
  if (company) for (const filter of filters(now)) sink.object("ingress_filter", filter.id, filter);
}

type Access = TeamRecord["group_access"][number]["access_category"];

const administrators = (ids: readonly number[]): TeamRecord =>
  team(ADMINISTRATORS, "Administrators", ids, () => "Administrator");

function companyTeams(): TeamRecord[] {
  const ids = groups.map((group) => group.id);
  const desks = groups.filter(({ name }) => /^(Workstations|Engineering|Macs)$/.test(name)).map((group) => group.id);
  return [
    administrators(ids),
    team(ANALYSTS, "Analysts", ids, () => "Viewer"),
    team(SUPPORT, "Workplace Support", ids, (id) =>
      desks.includes(id) ? "Administrator" : id === 1 ? "Viewer" : "No Access",
    ),
  ];
}

function team(id: number, name: string, ids: readonly number[], access: (group: number) => Access): TeamRecord {
  return { id, name, group_access: ids.map((group) => ({ group_id: group, access_category: access(group) })) };
}

const person = (id: number, username: string, name: string, teams: number[], global_admin = false): UserRecord => {
  const [first_name = "", last_name = ""] = name.split(" ");
  return { id, username, first_name, last_name, email: `${username}@${COMPANY.dns}`, global_admin, teams };
};

/** The first is there in every organisation. */
const staff: readonly UserRecord[] = [
  person(STAFF.admin.id, STAFF.admin.username, "Server Administrator", [ADMINISTRATORS], true),
  person(2, "asinha", "Anita Sinha", [ADMINISTRATORS], true),
  person(STAFF.analyst.id, STAFF.analyst.username, "Nina Bauer", [ANALYSTS]),
  person(4, "orossi", "Omar Rossi", [ANALYSTS]),
  person(5, "pvarga", "Petra Varga", [SUPPORT]),
  person(6, "tdoyle", "Tess Doyle", [ANALYSTS, SUPPORT]),
];

/** What is filtered is what nobody finds on this server: the backup of every night, and a monitor that never rests. */
function filters(now: number): IngressFilterRecord[] {
  const filter = (
    id: string,
    days: number,
    rate: number,
    fields: Partial<IngressFilterRecord>,
  ): IngressFilterRecord => ({
    id,
    ...NEW_INGRESS_FILTER,
    name: id,
    create_timestamp: now - days * DAY,
    create_user_id: 2,
    modify_timestamp: now - days * DAY,
    modify_user_id: 2,
    version: 1,
    rate: { value: rate, at: now },
    ...fields,
  });
  return [
    filter("backup-agent", 210, 0.42, {
      name: "Backup agent",
      description: "Nightly backup: reads every file there is",
      os_mask: 1,
      path_filters: ["c:\\program files\\nightvault\\bin\\*.exe"],
      descendant_filtering_level: 1,
    }),
    filter("linux-monitor", 96, 0, {
      name: "Monitoring plugins",
      description: "Too wide: find out first how much it would keep out",
      priority: -10,
      enabled: false,
      os_mask: 4,
      global: false,
      group_ids: [6],
      cmdline_filters: ["rx|^/usr/lib/monitor/plugins/check_[a-z]+( |$)"],
    }),
  ];
}
