import type { ChildprocRecord, CrossprocRecord, NetconnRecord, ProcessblockRecord } from "../../domain/index.js";
import { baseName } from "../../paths.js";
import { HttpProblem } from "../../server/product.js";
import { type ProcessRow, processRowsByDocument } from "../../store/processes.js";
import { alertsOf } from "../alerts/alerts.js";
import { type ProgramFacts, programOf } from "../alerts/reputation.js";
import type { CloudContext } from "../context.js";
import { devicesOf } from "../devices/devices.js";
import type { CloudRoute } from "../part.js";
import type { Fields } from "../policies/record.js";
import { page, SUCCESS } from "./envelope.js";
import { EventIndex, type EventPlace, eventId, placeOf, typeOf } from "./event-index.js";

const BASE = "/integrationServices/v3/event";
const OPENED = { kind: "API", retired: "ask /api/investigate/v2/orgs/{org}/observations/search_jobs" } as const;

/** Events in the form of the third generation. */
export function classicEventRoutes(context: CloudContext): CloudRoute[] {
  const index = new EventIndex(context);
  return [
    {
      ...{ method: "GET", path: BASE, ...OPENED },
      handle: ({ query }) => {
        const shown = new EventDocuments(context, index);
        return page(query, index.find(query), context.now(), (place) => shown.document(place));
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, ...OPENED, findings: true },
      handle: ({ params }) => {
        const id = params["id"] ?? "";
        const place = placeOf(context.orgKey, id);
        const document =
          place === undefined ? undefined : new EventDocuments(context, index).document({ ...place, time: 0 });
        if (document === undefined || place === undefined) throw new HttpProblem(404, `Event ${id} was not found`);
        return { status: 200, body: { ...SUCCESS, eventInfo: { ...document, ...alertFields(context, place.doc) } } };
      },
    },
  ];
}

/** What a single event tells of the alert that it is part of. */
function alertFields(context: CloudContext, doc: number): Fields {
  const [row] = processRowsByDocument(context.store, [doc]);
  const [id] = row === undefined ? [] : (context.shared.alertsOf([row.id]).get(row.id) ?? []);
  const alert = id === undefined ? undefined : alertsOf(context).get(id);
  const [stage = null] = (alert?.classic["kill_chain_status"] ?? []) as string[];
  return {
    ...{ attackStage: stage, alertScore: alert?.shown.severity ?? null },
    ...{ alertCategory: alert?.classic["category"] ?? null, incidentId: alert?.classic["legacy_alert_id"] ?? null },
  };
}

/** Documents of events, with what is looked up for one of them kept for the next. */
class EventDocuments {
  readonly #context: CloudContext;
  readonly #index: EventIndex;
  readonly #rows = new Map<number, ProcessRow | undefined>();
  readonly #events = new Map<number, ReturnType<EventIndex["eventsIn"]>>();
  readonly #programs = new Map<string, ProgramFacts | undefined>();

  constructor(context: CloudContext, index: EventIndex) {
    this.#context = context;
    this.#index = index;
  }

  /** Undefined when there is no such event. */
  document(place: EventPlace): Fields | undefined {
    const { doc, kind } = place;
    const row = this.#row(doc);
    const events = this.#kept(this.#events, doc, () => this.#index.eventsIn(doc));
    const event = events[kind]?.[place.index];
    if (row === undefined || event === undefined || kind === "modload") return undefined;
    const acting = this.#program(row.id);
    const target = targetOf(kind, event);
    const netFlow = kind === "netconn" ? flowOf(event as NetconnRecord) : null;
    const what = netFlow === null ? `${VERBS[kind]} ${target.path}` : `${VERBS[kind]} ${String(netFlow["peerFqdn"])}`;
    const link = `<share><link hash="${acting?.sha256 ?? ""}">${row.process_name}</link></share>`;
    const targetProgram = target.id === undefined ? undefined : this.#program(target.id);
    return {
      ...{ eventId: eventId(this.#context.orgKey, place), eventTime: event.time, createTime: event.time },
      eventType: typeOf(kind, event),
      shortDescription: `The application ${link} ${what}.`,
      longDescription: `The application ${link} (${row.path}) ${what}.`,
      ...{ threatIndicators: kind === "processblock" ? ["POLICY_DENY"] : [], securityEventCode: null },
      registryValue: kind === "regmod" ? target.path : null,
      deviceDetails: this.#deviceDetails(row),
      processDetails: {
        ...{ name: row.process_name, commandLine: row.cmdline, processId: row.pid },
        ...{ privatePid: `${row.pid}-${row.start}-0`, userName: row.username, fullUserName: row.username },
        ...{ milisSinceProcessStart: Math.max(0, event.time - row.start), parentName: row.parent_name },
        ...{ parentPid: row.parent_pid, parentPrivatePid: null, parentCommandLine: null },
        ...{ targetName: target.name, targetPid: target.pid, targetPrivatePid: null },
        ...{ targetCommandLine: target.cmdline, interpreterName: null, interpreterHash: null },
      },
      netFlow,
      parentApp: application(row.parent_id === null ? undefined : this.#program(row.parent_id), row.parent_name),
      selectedApp: application(acting, row.path),
      targetApp: application(targetProgram, target.isProgram ? target.path : null),
    };
  }

  #row(doc: number): ProcessRow | undefined {
    return this.#kept(this.#rows, doc, () => processRowsByDocument(this.#context.store, [doc])[0]);
  }

  #program(id: string): ProgramFacts | undefined {
    return this.#kept(this.#programs, id, () => programOf(this.#context.store, id));
  }

  #kept<K, V>(kept: Map<K, V>, key: K, make: () => V): V {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key) as V;
  }

  #deviceDetails(row: ProcessRow): Fields {
    const device: Fields = devicesOf(this.#context).get(row.sensor_id) ?? {};
    return {
      ...{ deviceId: row.sensor_id, deviceName: device["name"], deviceHostName: null, deviceType: device["os"] },
      ...{ deviceVersion: device["os_version"], email: device["email"] },
      ...{ deviceIpAddress: device["last_internal_ip_address"], deviceIpV4Address: device["last_internal_ip_address"] },
      ...{ agentLocation: device["last_location"], deviceLocation: null, policyId: device["policy_id"] },
      ...{ policyName: device["policy_name"], targetPriorityType: device["target_priority"], targetPriorityCode: 0 },
      ...{ loginUserName: device["login_user_name"], deviceOwnerName: device["email"], msmGroupId: null },
      msmGroupName: null,
    };
  }
}

const VERBS = {
  netconn: "established a connection with",
  filemod: "changed the file",
  regmod: "changed the registry key",
  childproc: "started",
  crossproc: "opened the process",
  processblock: "was kept from starting",
} as const;

interface Target {
  path: string;
  name: string | null;
  pid: number | null;
  cmdline: string | null;
  /** Of a process. */
  id?: string;
  isProgram: boolean;
}

function targetOf(kind: keyof typeof VERBS, event: unknown): Target {
  const { path = "" } = event as { path?: string };
  const none = { path, name: null, pid: null, cmdline: null, isProgram: false };
  if (kind === "childproc") {
    const { child_id: id, pid, cmdline = null } = event as ChildprocRecord;
    return { path, name: baseName(path), pid, cmdline, id, isProgram: true };
  }
  if (kind === "crossproc") {
    const { other_id: id } = event as CrossprocRecord;
    return { ...none, name: baseName(path), id, isProgram: true };
  }
  if (kind === "processblock") {
    const { blocked_path, blocked_cmdline } = event as ProcessblockRecord;
    return { ...none, path: blocked_path, name: baseName(blocked_path), cmdline: blocked_cmdline, isProgram: true };
  }
  return none;
}

function flowOf({ remote_ip, remote_port, local_ip, local_port, proto, domain, outbound }: NetconnRecord): Fields {
  const [from, to] = outbound
    ? [
        { ip: local_ip, port: local_port },
        { ip: remote_ip, port: remote_port },
      ]
    : [
        { ip: remote_ip, port: remote_port },
        { ip: local_ip, port: local_port },
      ];
  return {
    ...{ sourceAddress: from.ip, sourcePort: from.port, destAddress: to.ip, destPort: to.port },
    ...{ service: `${proto === 17 ? "UDP" : "TCP"}/${to.port}`, peerFqdn: domain || remote_ip },
    ...{ peerIpAddress: remote_ip, peerIpV4Address: remote_ip, peerLocation: null, peerSiteReputation: null },
  };
}

/** A program; what nothing is known of but its path is told by that. */
function application(program: ProgramFacts | undefined, path: string | null): Fields {
  const known = program?.path ?? path;
  return {
    applicationName: known === null || known === "" ? null : baseName(known),
    applicationPath: known,
    ...{ sha256Hash: program?.sha256 ?? null, md5Hash: program?.md5 ?? null },
    ...{ reputationProperty: program?.reputation ?? null, effectiveReputation: program?.reputation ?? null },
    effectiveReputationSource: program === undefined ? null : "CLOUD",
    ...{ virusName: null, virusCategory: null, virusSubCategory: null },
  };
}
