import type { NetconnRecord, SensorRecord } from "../../domain/index.js";
import { Random } from "../../organisation/random.js";
import { atOnce, type Steps } from "../../steps.js";
import { findSensor, findSensors } from "../../store/endpoints.js";
import { eventsOf, findProcess, type ProcessRow } from "../../store/processes.js";
import { runningNames } from "../../store/running.js";
import type { CloudContext } from "../context.js";
import { policiesOf } from "../policies/policies.js";
import type { Fields, PolicyRecord, PolicyRule } from "../policies/record.js";
import { RULE_CONFIGS, ruleConfig } from "../policies/rule-configs.js";
import { idOf } from "../processes/guid.js";
import { stretches } from "../stretches.js";
import { BEHAVIOURS, type Behaviour } from "./behaviours.js";
import type { AlertSink, NewAlert } from "./new-alert.js";
import { programOf } from "./reputation.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** So long after it has come to the server, something is found. */
const FOUND_AFTER = 120_000;
/** What is older than this when the organisation is first looked at is found while its past is gone through. */
const OLD = 14 * DAY;
/** Something happens by itself every so many ticks. */
const EVERY = 30;
/** So many processes of servers are looked through for connections that nobody expects. */
const LOOKED_THROUGH = 400;
/** So many alerts are raised in a step. */
const AT_A_TIME = 8;

/** Raises alerts about what the organisation holds when somebody looks at it first. */
export function* detectFirst(context: CloudContext, alerts: AlertSink): Steps<void> {
  // What comes meanwhile is looked at at the next tick.
  const seen = highest(context);
  const drafts = [...(yield* suspicious(context, 0)), ...(yield* unexpected(context))];
  drafts.sort((a, b) => a.found - b.found || (a.source < b.source ? -1 : 1));
  for (let first = 0; first < drafts.length; first += AT_A_TIME) {
    context.store.transaction(() => alerts.raise(drafts.slice(first, first + AT_A_TIME)));
    yield;
  }
  remember(context, seen);
}

/** Raises alerts about what has come since, and about what happens by itself. */
export function detectOnTick(context: CloudContext, alerts: AlertSink, tick: number, now: number): void {
  const seen = context.store.collection("cloud_queue").get(SEEN)?.last ?? 0;
  const present = highest(context);
  if (present > seen) {
    alerts.raise(atOnce(suspicious(context, seen)));
    remember(context, present);
  }
  if (tick % EVERY === 0) alerts.raise(happening(context, alerts.session, tick, now));
}

/** So many ticks are gone through for what would have happened at them while nobody looked. */
const CAUGHT_UP = 6_000;

/** Raises alerts about what would have happened by itself at the ticks so far, had somebody looked all along. */
export function* catchUp(context: CloudContext, alerts: AlertSink, timeOf: (tick: number) => number): Steps<void> {
  const { clock } = context;
  const first = Math.max(1, Math.ceil((clock.ticks - CAUGHT_UP) / EVERY));
  // Time goes on meanwhile.
  for (let tick = first * EVERY; tick <= clock.ticks; tick += EVERY) {
    alerts.raise(happening(context, alerts.session, tick, timeOf(tick)));
    yield;
  }
}

const SEEN = "alerts/seen";

/** Whether nobody has looked at the organisation yet. */
export const isFirstLook = ({ store }: CloudContext): boolean =>
  store.collection("cloud_queue").get(SEEN) === undefined;

const highest = ({ store }: CloudContext): number => store.database.count("SELECT max(doc) AS n FROM segment");

function remember(context: CloudContext, seen: number): void {
  context.store.collection("cloud_queue").put(SEEN, { last: seen });
}

/** What the behaviour of processes tells, of those with documents above a number. */
function* suspicious(context: CloudContext, seen: number): Steps<NewAlert[]> {
  const { store, presence, seed } = context;
  const now = context.now();
  const drafts: NewAlert[] = [];
  for (const { id, kind } of yield* behaving(context, seen)) {
    yield;
    const behaviour = BEHAVIOURS[kind];
    const process = findProcess(store, id, { all: true });
    const sensor = process === undefined ? undefined : findSensor(store, process.sensor_id);
    if (behaviour === undefined || process === undefined || sensor === undefined) continue;
    const last = process.max_last_update ?? process.start;
    const arrived = (process.max_last_server_update ?? last) + FOUND_AFTER;
    const old = arrived < presence.start - OLD;
    const random = new Random(`${seed}/cloud/found/${id}`);
    const found = old ? presence.start - random.between(HOUR, 20 * DAY) : arrived;
    // What is in the past was let be, except for what sensors report as blocked.
    const verdict = behaviour.code === BANNED ? TERMINATED : ALLOWED;
    drafts.push(
      analytics(context, behaviour, sensor, process, verdict, {
        source: `behaviour/${behaviour.code}/${id}`,
        ...{ first: process.start, last, found: Math.min(found, now) },
      }),
    );
  }
  return drafts;
}

/** A process by its id, with the place of what it shows among {@link BEHAVIOURS}. */
interface Behaving {
  readonly id: string;
  readonly kind: number;
}

/** The processes with documents above a number that behave in such a way. */
function* behaving({ store: { database } }: CloudContext, seen: number): Steps<Behaving[]> {
  const kinds = BEHAVIOURS.map(({ where }, index) => `WHEN ${where} THEN ${index}`).join(" ");
  const within = (condition: string): string =>
    `SELECT id, min(kind) AS kind FROM (
       SELECT p.id AS id, CASE ${kinds} END AS kind FROM process p JOIN segment s ON s.proc = p.proc
       WHERE ${condition} AND p.placeholder = 0 AND p.suppressed = 0)
     WHERE kind IS NOT NULL GROUP BY id ORDER BY id`;
  if (seen > 0) return database.all<Behaving>(within("s.doc > ?"), [seen]);
  const found: Behaving[] = [];
  for (const stretch of stretches(database)) {
    found.push(...database.all<Behaving>(within("p.proc BETWEEN ? AND ?"), stretch));
    yield;
  }
  return found;
}

/** What was done about something. */
interface Verdict {
  policy_applied: "APPLIED" | "NOT_APPLIED";
  sensor_action: "ALLOW" | "DENY" | "TERMINATE";
  run_state: "RAN" | "DID_NOT_RUN";
}

/** The behaviour that sensors stop by themselves. */
const BANNED = "R_BANNED_RUN";
const TERMINATED: Verdict = { policy_applied: "APPLIED", sensor_action: "TERMINATE", run_state: "DID_NOT_RUN" };
const ALLOWED: Verdict = { policy_applied: "NOT_APPLIED", sensor_action: "ALLOW", run_state: "RAN" };

function analytics(
  context: CloudContext,
  behaviour: Behaviour,
  sensor: SensorRecord,
  process: ProcessRow,
  verdict: Verdict,
  when: Pick<NewAlert, "source" | "first" | "last" | "found">,
): NewAlert {
  const { code, severity, ttps, tactic, technique, told, stage, vector, category } = behaviour;
  const { reputation = "NOT_LISTED", sha256 = "" } = programOf(context.store, process.id) ?? {};
  const blocked = verdict.policy_applied === "APPLIED";
  const threatCategory = {
    KNOWN_MALWARE: "KNOWN_MALWARE",
    SUSPECT_MALWARE: "NEW_MALWARE",
    NOT_LISTED: "RISKY_PROGRAM",
  };
  const kind = Object.hasOwn(threatCategory, reputation)
    ? threatCategory[reputation as keyof typeof threatCategory]
    : "NON_MALWARE";
  const policy = blocked ? [`POLICY_${verdict.sensor_action}`] : [];
  return {
    ...{ type: "CB_ANALYTICS", severity, sensor, process, ...when },
    threat: `${code}/${sha256 || process.process_name}`,
    reason: `The application ${process.process_name} ${told}.${blocked ? " A policy was applied." : ""}`,
    more: {
      ...verdict,
      ...{ ttps: [...ttps, ...policy], attack_tactic: tactic, attack_technique: technique },
      ml_classification_final_verdict: severity >= 6 ? "ANOMALOUS" : "NOT_ANOMALOUS",
      ml_classification_global_prevalence: reputation === "NOT_LISTED" ? "LOW" : "MEDIUM",
      ml_classification_org_prevalence: "LOW",
    },
    classic: {
      ...{ category, kill_chain_status: [stage], threat_cause_vector: vector, threat_cause_threat_category: kind },
      blocked_threat_category: blocked ? kind : "UNKNOWN",
      not_blocked_threat_category: blocked ? "UNKNOWN" : kind,
      ...{
        threat_activity_c2: "NOT_ATTEMPTED",
        threat_activity_dlp: "NOT_ATTEMPTED",
        threat_activity_phish: "NOT_ATTEMPTED",
      },
    },
  };
}

/** Connections that processes of servers have accepted: one alert for each program of a server. */
function* unexpected(context: CloudContext): Steps<NewAlert[]> {
  const { store } = context;
  const rows = store.database.all<{ id: string }>(
    `SELECT DISTINCT p.id FROM process p JOIN segment s ON s.proc = p.proc JOIN sensor h ON h.id = p.sensor_id
     WHERE h.host_type <> 'workstation' AND s.netconn_count > 0 AND p.placeholder = 0
     ORDER BY p.start DESC, p.id LIMIT ${LOOKED_THROUGH}`,
  );
  const now = context.now();
  const known = new Set<string>();
  const drafts: NewAlert[] = [];
  for (const { id } of rows) {
    yield;
    const process = findProcess(store, id, { all: true });
    const sensor = process === undefined ? undefined : findSensor(store, process.sensor_id);
    if (process === undefined || sensor === undefined) continue;
    const program = `${sensor.id}/${process.path}`;
    const connection = known.has(program)
      ? undefined
      : eventsOf(store, process, { all: true }).netconn?.find(({ outbound }) => !outbound);
    if (connection === undefined) continue;
    known.add(program);
    drafts.push({
      ...{ type: "VMWARE", source: `connection/${program}`, threat: `R_UNEXPECTED/${process.process_name}` },
      ...{ severity: 4, sensor, process, first: connection.time },
      found: Math.min(connection.time + FOUND_AFTER, now),
      reason: `${process.process_name} accepted a connection that it is not known for`,
      more: { ...ALLOWED, ...networkFacts(connection), ttps: ["NETWORK_ACCESS"] },
      classic: { category: "MONITORED", group_id: sensor.group_id, threat_cause_vector: "GENERIC_SERVER" },
    });
  }
  return drafts;
}

function networkFacts({ remote_ip, remote_port, local_ip, local_port, proto, domain }: NetconnRecord): Fields {
  return {
    ...{ netconn_remote_ip: remote_ip, netconn_remote_port: remote_port, netconn_remote_domain: domain },
    ...{ netconn_local_ip: local_ip, netconn_local_port: local_port },
    ...{ netconn_remote_ipv4: remote_ip, netconn_local_ipv4: local_ip },
    netconn_protocol: proto === 17 ? "UDP" : "TCP",
  };
}

/**
 * Something happens by itself, drawn for the tick: the firewall of a device refuses a connection of a program that runs there,
 * or one of those that have behaved badly does it again, and the policy of its device says what becomes of it.
 */
function happening(context: CloudContext, session: number, tick: number, now: number): NewAlert[] {
  const { store, seed } = context;
  const random = new Random(`${seed}/cloud/happening/${session}/${tick}`);
  const online = findSensors(store).filter((sensor) => sensor.online);
  if (online.length === 0) return [];
  const when = { source: `tick/${session}/${tick}`, first: now, last: now, found: now };
  const sensor = random.pick(online);
  const running = runningNames(store, sensor.id, now);
  const process = running.length === 0 ? undefined : findProcess(store, random.pick(running).id, { all: true });
  const refused = process === undefined ? undefined : refusedConnection(context, sensor.id, process);
  if (process !== undefined && refused !== undefined) {
    return [
      {
        ...{ type: "HOST_BASED_FIREWALL", severity: 4, sensor, process, ...when },
        threat: `R_FIREWALL/${process.process_name}`,
        reason: `The firewall refused a connection of ${process.process_name}`,
        more: {
          ...{ policy_applied: "APPLIED", sensor_action: "DENY", run_state: "RAN", ttps: ["POLICY_DENY"] },
          ...networkFacts(refused),
        },
        classic: { category: "MONITORED" },
      },
    ];
  }
  const ids = new Set(online.map(({ id }) => id));
  const known = suspects(context).filter(({ device }) => ids.has(device));
  if (known.length === 0) return [];
  const { code, device, guid } = random.pick(known);
  const behaviour = BEHAVIOURS.find((each) => each.code === code);
  const again = findProcess(store, idOf(context.orgKey, guid) ?? "", { all: true });
  const where = findSensor(store, device);
  if (behaviour === undefined || again === undefined || where === undefined) return [];
  return [analytics(context, behaviour, where, again, judged(context, device, behaviour, again), when)];
}

/** Processes that have behaved badly, in the order in which they were found. */
function suspects({ store }: CloudContext): { code: string; device: number; guid: string }[] {
  const shown = (name: string): string => `json_extract(record, '$.shown.${name}')`;
  return store.database.all<{ code: string; device: number; guid: string }>(
    `SELECT ${shown("reason_code")} AS code, ${shown("device_id")} AS device, ${shown("process_guid")} AS guid
     FROM object WHERE kind = 'cloud_alert' AND ${shown("type")} = 'CB_ANALYTICS'
     ORDER BY json_extract(record, '$.number') LIMIT ${LOOKED_THROUGH}`,
  );
}

const policyOf = (context: CloudContext, device: number): PolicyRecord | undefined =>
  policiesOf(context).get(context.shared.devicePolicies().get(device) ?? 0);

/** What the policy of a device has to say about a behaviour. */
function judged(context: CloudContext, device: number, behaviour: Behaviour, process: ProcessRow): Verdict {
  if (behaviour.code === BANNED) return TERMINATED;
  const { reputation = "NOT_LISTED" } = programOf(context.store, process.id) ?? {};
  const rule = policyOf(context, device)?.rules.find((each) => names(each, behaviour, process, reputation));
  if (rule === undefined || rule.action === "ALLOW" || rule.action === "IGNORE") return ALLOWED;
  return {
    policy_applied: "APPLIED",
    sensor_action: rule.action === "DENY" ? "DENY" : "TERMINATE",
    run_state: rule.operation === "RUN" ? "DID_NOT_RUN" : "RAN",
  };
}

/** Whether a rule is about what a program does. */
function names(rule: PolicyRule, { operation }: Behaviour, process: ProcessRow, reputation: string): boolean {
  if (rule.operation !== operation) return false;
  const { type, value } = rule.application;
  if (type === "REPUTATION") return value === reputation;
  return type === "NAME_PATH" && matchesPath(value, process.path);
}

/** `*` stands for what is between two separators, `**` for anything; letters have no case. */
export function matchesPath(pattern: string, path: string): boolean {
  const parts = pattern.toLowerCase().split(/(\*\*|\*)/);
  const source = parts.map((part) =>
    part === "**" ? ".*" : part === "*" ? "[^\\\\/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"),
  );
  return new RegExp(`^${source.join("")}$`, "s").test(path.toLowerCase());
}

/** A connection of a process that the firewall of its device would refuse and tell of. */
function refusedConnection(context: CloudContext, device: number, process: ProcessRow): NetconnRecord | undefined {
  const kind = RULE_CONFIGS.find(({ category }) => category === "host_based_firewall");
  const policy = policyOf(context, device);
  if (kind === undefined || policy === undefined || process.netconn_count === 0) return undefined;
  const parameters = ruleConfig(kind, policy)["parameters"] as Fields;
  if (parameters["enable_host_based_firewall"] !== true) return undefined;
  const groups = parameters["rule_groups"] as { rules: Record<string, string | boolean>[] }[];
  const rules = groups.flatMap((group) => group.rules).filter((rule) => rule["enabled"] === true);
  return eventsOf(context.store, process, { all: true }).netconn?.find((connection) => {
    const first = rules.find((rule) => concerns(rule, connection, process.path));
    return first?.["action"] === "BLOCK_ALERT" && first["test_mode"] !== true;
  });
}

function concerns(rule: Record<string, string | boolean>, connection: NetconnRecord, path: string): boolean {
  const isOneOf = (list: unknown, value: string): boolean =>
    list === "*" ||
    String(list ?? "*")
      .split(",")
      .some((each) => each.trim() === value);
  return (
    (rule["direction"] === "BOTH" || rule["direction"] === (connection.outbound ? "OUT" : "IN")) &&
    rule["protocol"] === (connection.proto === 17 ? "UDP" : "TCP") &&
    isOneOf(rule["remote_ip_address"], connection.remote_ip) &&
    isOneOf(rule["remote_port_ranges"], String(connection.remote_port)) &&
    isOneOf(rule["local_ip_address"], connection.local_ip) &&
    isOneOf(rule["local_port_ranges"], String(connection.local_port)) &&
    (rule["application_path"] === "*" || matchesPath(String(rule["application_path"] ?? "*"), path))
  );
}
