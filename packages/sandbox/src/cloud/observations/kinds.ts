import { NOTHING, raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import type { CloudContext } from "../context.js";
import { LAST_SEEN, processFields, SHOWN } from "../processes/fields.js";
import type { Scope } from "../processes/search.js";
import { column, type SearchField } from "../search/index.js";

/** Something that a process did and that is worth a line of its own. The number is part of the ids of such lines. */
export interface Kind {
  readonly number: number;
  /** Which processes have done it, over rows `p`. */
  readonly condition: string;
  readonly observation_type: string;
  readonly enriched_event_type: string;
  readonly event_type: string;
  /** Of what the process did; `{process}` is its name. */
  readonly description: string;
}

const did = (counts: string): string => `EXISTS (SELECT 1 FROM segment s WHERE s.proc = p.proc AND s.${counts} > 0)`;

/** What observations and enriched events are of. */
export const ACTIVITIES: readonly Kind[] = [
  {
    ...{ number: 1, condition: "p.parent_id IS NOT NULL", observation_type: "CONTEXTUAL_ACTIVITY" },
    ...{ enriched_event_type: "CREATE_PROCESS", event_type: "childproc", description: "{process} was started" },
  },
  {
    ...{ number: 2, condition: did("netconn_count"), observation_type: "CONTEXTUAL_ACTIVITY" },
    ...{ enriched_event_type: "NETWORK", event_type: "netconn", description: "{process} made a connection" },
  },
  {
    ...{ number: 3, condition: did("crossproc_count"), observation_type: "INDICATOR_OF_ATTACK" },
    ...{ enriched_event_type: "INJECT_CODE", event_type: "crossproc", description: "{process} opened another process" },
  },
  {
    ...{ number: 4, condition: did("processblock_count"), observation_type: "BLOCKED_HASH" },
    ...{
      enriched_event_type: "POLICY_ACTION",
      event_type: "childproc",
      description: "A banned file was blocked at {process}",
    },
  },
  {
    ...{ number: 5, condition: "p.alliance IS NOT NULL", observation_type: "CB_ANALYTICS" },
    ...{
      enriched_event_type: "SYSTEM_API_CALL",
      event_type: "modload",
      description: "{process} is named by a threat feed",
    },
  },
];

/** Who has logged on where: known by the first process that somebody had on a device. */
export const LOGONS: readonly Kind[] = [
  {
    ...{ number: 6, observation_type: "CONTEXTUAL_ACTIVITY", enriched_event_type: "AUTH" },
    condition:
      "p.proc IN (SELECT min(a.proc) FROM process a WHERE a.username <> '' AND a.placeholder = 0 GROUP BY a.sensor_id, a.username)",
    ...{ event_type: "auth", description: "{user} logged on" },
  },
];

/** A line is numbered by its process and its kind. */
const KINDS = 8;
export const lineOf = (proc: number, kind: number): number => proc * KINDS + kind;
export const processOf = (line: number): { proc: number; kind: number } => ({
  ...{ proc: Math.floor(line / KINDS), kind: line % KINDS },
});

/** The id of a line: the digits of the process's id, and its kind. */
export const eventIdOf = (id: string, kind: number): string => `${id.replaceAll("-", "")}0${kind}`;
const EVENT_ID = "replace(p.id, '-', '') || '0' || k.value";
/** An observation says besides which device it is of. */
export const observationIdOf = (id: string, kind: number): string => `${eventIdOf(id, kind)}:${id.slice(0, 8)}`;
const OBSERVATION_ID = `${EVENT_ID} || ':' || substr(p.id, 1, 8)`;

/** The rows that such an id means. */
function withEventId(text: string): SqlText {
  const [, digits, kind] = /^([0-9a-f]{32})0(\d)(?::[0-9a-f]{8})?$/i.exec(text) ?? [];
  if (digits === undefined || kind === undefined) return NOTHING;
  const id = digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return sql`(p.id = ${id} AND k.value = ${Number(kind)})`;
}

/** The lines of these kinds: a row is a process `p` with the number of a kind, `k.value`. */
export function activityScope(context: CloudContext, kinds: readonly Kind[]): Scope {
  const cases = kinds.map(({ number, condition }) => `WHEN ${number} THEN ${condition}`).join(" ");
  const byKind = (name: "observation_type" | "enriched_event_type" | "event_type"): SearchField =>
    column("keyword", `CASE k.value ${kinds.map((kind) => `WHEN ${kind.number} THEN '${kind[name]}'`).join(" ")} END`);
  const id = (expression: string): SearchField => ({ ...column("keyword", `(${expression})`), exact: withEventId });
  const fields = processFields(context);
  const rename = (from: string, to: string): [string, SearchField][] => {
    const field = fields.get(from);
    // Of a connection is said only what the line is about.
    return field === undefined
      ? []
      : [[to, { ...field, having: (test) => sql`(k.value = 2 AND ${field.having(test)})` }]];
  };
  return {
    fields: new Map([
      ...fields,
      ["event_id", id(EVENT_ID)],
      ["observation_id", id(OBSERVATION_ID)],
      ["observation_type", byKind("observation_type")],
      ["enriched_event_type", byKind("enriched_event_type")],
      ["event_type", byKind("event_type")],
      ["enriched", column("boolean", "1")],
      ["device_timestamp", column("date", `CASE WHEN k.value IN (1, 6) THEN p.start ELSE ${LAST_SEEN} END`)],
      ["attack_tactic", column("keyword", "NULL")],
      ["rule_id", column("keyword", "NULL")],
      [
        "auth_username",
        column("keyword", "CASE WHEN k.value = 6 THEN substr(p.username, instr(p.username, '\\') + 1) END"),
      ],
      [
        "auth_domain_name",
        column("keyword", "CASE WHEN k.value = 6 THEN substr(p.username, 1, max(0, instr(p.username, '\\') - 1)) END"),
      ],
      ["auth_event_action", column("keyword", "CASE WHEN k.value = 6 THEN 'LOGON_SUCCESS' END")],
      ["windows_event_id", column("number", "CASE WHEN k.value = 6 THEN 4624 END")],
      ...rename("netconn_ipv4", "event_network_remote_ipv4"),
      ...rename("netconn_port", "event_network_remote_port"),
    ]),
    from: raw(`process p CROSS JOIN json_each('[${kinds.map(({ number }) => number).join(",")}]') k`),
    base: sql`${SHOWN} AND CASE k.value ${raw(cases)} END`,
    row: `p.proc * ${KINDS} + k.value`,
    tie: "p.proc DESC, k.value",
  };
}
