import { raw } from "../../query/index.js";
import { readId } from "../../server/ids.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import { requireRight } from "../accounts.js";
import type { CloudContext } from "../context.js";
import { connectorOf, jobsOf } from "../jobs/jobs.js";
import { jobDocument } from "../jobs/routes.js";
import type { CloudPart, CloudRoute } from "../part.js";
import {
  countValues,
  LAST_ROW,
  orderBy,
  readInteger,
  readObject,
  readSort,
  readTerms,
  readText,
  readWindow,
  requireFacet,
} from "../search/index.js";
import { act, readAction, readTargets, report } from "./actions.js";
import { devicesAsCsv } from "./csv.js";
import { devicesOf } from "./devices.js";
import type { DeviceDocument } from "./document.js";
import { DEVICE_FIELDS } from "./fields.js";

const ORG = "/appservices/v6/orgs/:org";
const READ = "device(READ)";
/** So many rows come where no number is asked for. */
const USUAL_ROWS = 20;

/** What devices can be counted by, with what the values are called. */
const FACETS = new Map<string, keyof DeviceDocument & string>([
  ...["status", "os", "ad_group_id", "cloud_provider_account_id", "auto_scaling_group_name"].map(same),
  ...["virtual_private_cloud_id", "deployment_type"].map(same),
  ["policy_id", "policy_name"],
]);

function same(name: string): [string, string] {
  return [name, name];
}

/** Devices: the endpoints that have a sensor of the cloud. */
export function devicesPart(context: CloudContext): CloudPart {
  const devices = devicesOf(context);
  context.shared.devicePolicies = () => devices.policies();
  const bodyOf = (request: SandboxRequest): Record<string, unknown> => readObject(request.json());
  const sorted = (body: Record<string, unknown>): DeviceDocument[] =>
    devices.find(body, orderBy(readSort(body["sort"]), DEVICE_FIELDS, "d.key"));

  const search = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const { skipped, rows } = readWindow(body, 1, USUAL_ROWS);
    const found = sorted(body);
    const results = found.slice(skipped, skipped + rows);
    return { status: 200, body: { num_found: found.length, results } };
  };

  const scroll = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const rows = readInteger(body["rows"], "rows", 1, LAST_ROW) ?? LAST_ROW;
    const after = readPlace(readText(body["search_after"], "search_after"));
    const found = devices.find(body, raw("d.key"));
    const results = found.filter(({ id }) => id > after).slice(0, rows);
    const search_after = placeBehind(results.at(-1)?.id ?? after);
    return { status: 200, body: { org_key: context.orgKey, num_found: found.length, search_after, results } };
  };

  const facet = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const { fields, rows } = readTerms(body["terms"]);
    if (fields.length === 0) throw new HttpProblem(400, "terms.fields says what to count by");
    for (const field of fields) requireFacet(field, [...FACETS.keys()]);
    const found = devices.find(body);
    const results = fields.map((field) => ({ field, values: countValues(valuesOf(found, field), rows) }));
    return { status: 200, body: { results } };
  };

  const download = (request: SandboxRequest): SandboxReply => {
    const { query, headers } = request;
    // The service reads the parameters of this GET only when told that JSON comes.
    if (!String(headers["content-type"] ?? "").startsWith("application/json")) {
      throw new HttpProblem(415, "Content-Type has to be application/json here, although there is no body");
    }
    const list = (name: string): string[] =>
      query.getAll(name).flatMap((text) => text.split(",").filter((each) => each !== ""));
    const criteria: Record<string, unknown> = {};
    for (const name of ["status", "ad_group_id", "policy_id", "target_priority"]) criteria[name] = list(name);
    if (list("status").length === 0) throw new HttpProblem(400, "status is needed: ALL, or some states");
    const field = query.get("sort_field");
    const sort = field === null ? [] : [{ field, order: query.get("sort_order") ?? "ASC" }];
    const found = sorted({ criteria, query: query.get("query_string"), sort });
    return { status: 200, headers: { "Content-Type": "text/csv" }, body: devicesAsCsv(found) };
  };

  const exported = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const format = readText(body["format"], "format") ?? "CSV";
    if (format !== "CSV") throw new HttpProblem(400, `format is CSV, not ${format}`);
    const found = sorted(body);
    const job = jobsOf(context).create({
      ...{ type: "ENDPOINTS", connector: connectorOf(request), parameters: { format }, total: found.length },
      work: () => ({ output: { type: "text/csv", body: devicesAsCsv(found) } }),
    });
    return { status: 200, body: jobDocument(context, job) };
  };

  const actions = (request: SandboxRequest): SandboxReply => {
    const body = bodyOf(request);
    const { type, right } = readAction(body);
    requireRight(request.user, right, 403);
    act(context, type, readTargets(context, body), body["options"]);
    return { status: 204 };
  };

  const one = ({ params }: SandboxRequest): SandboxReply => {
    const device = devices.get(readId(params["id"]) ?? -1);
    if (device === undefined) throw new HttpProblem(404, `There is no device ${params["id"]}`);
    return { status: 200, body: device };
  };

  const routes: CloudRoute[] = [
    { method: "GET", path: `${ORG}/devices/:id`, needs: READ, handle: one },
    { method: "POST", path: `${ORG}/devices/_search`, needs: READ, handle: search },
    { method: "GET", path: `${ORG}/devices/_search/download`, needs: READ, handle: download },
    { method: "POST", path: `${ORG}/devices/_scroll`, needs: READ, handle: scroll },
    { method: "POST", path: `${ORG}/devices/_facet`, needs: READ, handle: facet },
    { method: "POST", path: `${ORG}/devices/_export`, needs: READ, handle: exported },
    { method: "POST", path: `${ORG}/device_actions`, handle: actions },
  ];
  return {
    routes,
    tick: (_tick, now, isCheckin) => {
      if (isCheckin) report(context, now);
    },
  };
}

function* valuesOf(found: readonly DeviceDocument[], field: string): Iterable<readonly [string, string]> {
  const named = FACETS.get(field) ?? field;
  for (const device of found) {
    const value = device[field];
    if (value !== null && value !== undefined) yield [String(value), String(device[named])];
  }
}

/** A place in the list of devices, as it is handed out: nobody is to read anything into it. */
const placeBehind = (id: number): string => Buffer.from(JSON.stringify([id])).toString("base64url");

function readPlace(text: string | undefined): number {
  if (text === undefined) return Number.NEGATIVE_INFINITY;
  try {
    const [id] = JSON.parse(Buffer.from(text, "base64url").toString()) as unknown[];
    if (typeof id === "number") return id;
  } catch {
    // Refused like any other text that is none of ours.
  }
  throw new HttpProblem(400, "search_after is what the latest answer has told");
}
