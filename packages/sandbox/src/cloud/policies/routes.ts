import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { readObject, WriteBody } from "../../server/write-body.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute, MakePart } from "../part.js";
import { classicPolicyRoutes } from "./classic-routes.js";
import { PolicyEditor } from "./edit.js";
import { firewallRows, firewallText } from "./firewall-export.js";
import { policiesOf } from "./policies.js";
import { previewRoutes } from "./preview.js";
import type { Fields, PolicyRecord } from "./record.js";
import {
  CATEGORIES,
  type Category,
  kindOf,
  parameterSchema,
  presentation,
  RULE_CONFIGS,
  readChange,
  ruleConfig,
  ruleConfigs,
  ruleGroupsOf,
  withChange,
  withoutChanges,
} from "./rule-configs.js";

const BASE = "/policyservice/v1/orgs/:org/policies";

/** Policies: those of the present service, and the classic one over the same. */
export const policiesPart: MakePart = (context) => {
  const policies = policiesOf(context);
  context.shared.policyNames = () => new Map(policies.all().map(({ id, name }) => [id, name]));
  return {
    routes: [
      ...policyRoutes(context),
      ...configRoutes(context),
      ...classicPolicyRoutes(context),
      ...previewRoutes(context),
    ],
  };
};

/** A policy with all that belongs to it. */
function policyDocument({ orgKey }: CloudContext, record: PolicyRecord): Fields {
  const { configs: _, next_rule: __, latest_revision: ___, of_group: ____, ...shown } = record;
  return { ...shown, org_key: orgKey, version: 2, rule_configs: ruleConfigs(record) };
}

function policyRoutes(context: CloudContext): CloudRoute[] {
  const policies = policiesOf(context);
  const edit = new PolicyEditor(context);
  const one = ({ params }: SandboxRequest): PolicyRecord => edit.present(params["id"]);
  return [
    {
      ...{ method: "GET", path: `${BASE}/summary`, needs: "org.policies(READ)" },
      handle: () => {
        const count = edit.countDevices();
        const summaries = policies.all().map(({ id, name, priority_level, position, is_system, description }) => ({
          ...{ id, name, priority_level, position, is_system, description, num_devices: count.get(id) ?? 0 },
        }));
        return { status: 200, body: { policies: summaries } };
      },
    },
    {
      ...{ method: "POST", path: BASE, needs: "org.policies(CREATE)" },
      handle: (request) => {
        const body = readObject(request);
        body.require("name", "priority_level");
        return { status: 200, body: policyDocument(context, edit.create(body, request)) };
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, needs: "org.policies(READ)" },
      handle: (request) => ({ status: 200, body: policyDocument(context, one(request)) }),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id`, needs: "org.policies(UPDATE)" },
      handle: (request) => {
        const changed = edit.change(one(request), readObject(request), request);
        return { status: 200, body: policyDocument(context, changed) };
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, needs: "org.policies(DELETE)" },
      handle: (request) => {
        edit.remove(one(request), request);
        return { status: 204 };
      },
    },
    {
      ...{ method: "POST", path: `${BASE}/:id/rules`, needs: "org.policies(UPDATE)" },
      handle: (request) => ({ status: 200, body: edit.addRule(one(request), request.json(), request) }),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/rules/:rule`, needs: "org.policies(UPDATE)" },
      handle: (request) => {
        return { status: 200, body: edit.replaceRule(one(request), request.params["rule"], request.json(), request) };
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/rules/:rule`, needs: "org.policies(UPDATE)" },
      handle: (request) => {
        edit.removeRule(one(request), request.params["rule"], request);
        return { status: 204 };
      },
    },
  ];
}

function configRoutes(context: CloudContext): CloudRoute[] {
  const policies = policiesOf(context);
  const edit = new PolicyEditor(context);
  const one = ({ params }: SandboxRequest): PolicyRecord => edit.present(params["id"]);
  const categoryOf = ({ params }: SandboxRequest): Category => {
    const found = CATEGORIES.find((name) => name === params["category"]);
    if (found === undefined)
      throw new HttpProblem(404, `There is no category ${params["category"]} of rule configurations`);
    return found;
  };
  return [
    {
      ...{ method: "GET", path: `${BASE}/:id/configs/presentation`, needs: "org.policies(READ)" },
      handle: (request) => {
        one(request);
        return { status: 200, body: presentation() };
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/rule_configs`, needs: "org.policies(READ)" },
      handle: (request) => ({ status: 200, body: { results: ruleConfigs(one(request)) } }),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/rule_configs/:category`, needs: "org.policies(READ)" },
      handle: (request) => ({ status: 200, body: { results: ruleConfigs(one(request), categoryOf(request)) } }),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/rule_configs/:category`, needs: "org.policies(UPDATE)" },
      handle: (request) => {
        const category = categoryOf(request);
        let record = one(request);
        const body = request.json();
        const successful: Fields[] = [];
        const failed: Fields[] = [];
        const ids: string[] = [];
        // A single one is taken as well as a list of them.
        for (const wanted of Array.isArray(body) ? (body as unknown[]) : [body]) {
          try {
            const change = readChange(wanted, category);
            record = withChange(record, change);
            ids.push(change.id);
          } catch (error) {
            if (!(error instanceof HttpProblem)) throw error;
            const { id = null } = (wanted ?? {}) as { id?: unknown };
            failed.push({ id, error_code: error.reason ?? "INVALID_INPUT", message: error.message });
          }
        }
        if (ids.length > 0) edit.keep(request, record, category);
        for (const id of ids) {
          const kind = kindOf(id);
          if (kind !== undefined) successful.push(ruleConfig(kind, record));
        }
        return { status: 200, body: { successful, failed } };
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/rule_configs/:category`, needs: "org.policies(UPDATE)" },
      handle: (request) => {
        const category = categoryOf(request);
        if (category !== "bypass")
          throw new HttpProblem(400, `Name the rule configuration of ${category} that is meant`);
        const ids = RULE_CONFIGS.filter((kind) => kind.category === category).map(({ id }) => id);
        edit.keep(request, withoutChanges(one(request), ids), category);
        return { status: 204 };
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/rule_configs/:category/:config`, needs: "org.policies(UPDATE)" },
      handle: (request) => {
        const category = categoryOf(request);
        const id = request.params["config"] ?? "";
        if (kindOf(id)?.category !== category) throw new HttpProblem(404, `Rule configuration ${id} was not found`);
        edit.keep(request, withoutChanges(one(request), [id]), category);
        return { status: 204 };
      },
    },
    {
      ...{
        method: "GET",
        path: `${BASE}/:id/rule_configs/host_based_firewall/rules/_export`,
        needs: "org.firewall.rules(READ)",
      },
      handle: (request) => {
        const record = one(request);
        const format = request.query.get("format")?.toLowerCase() ?? "json";
        if (format === "json") return { status: 200, body: firewallRows(record) };
        if (format !== "csv") throw new HttpProblem(400, `format must be json or csv, not ${format}`);
        return { status: 200, headers: { "Content-Type": "text/csv" }, body: firewallText(record) };
      },
    },
    {
      ...{
        method: "POST",
        path: `${BASE}/rule_configs/host_based_firewall/_copy`,
        needs: "org.firewall.rules(UPDATE)",
      },
      handle: (request) => {
        const body = readObject(request);
        body.require("target_policy_ids", "parameters");
        const parameters = new WriteBody(body.value("parameters"), "parameters");
        const rule_groups = ruleGroupsOf(parameters.value("rule_groups") ?? [], "rule_groups");
        const failed: number[] = [];
        const targets = body.integers("target_policy_ids") ?? [];
        const id = RULE_CONFIGS.find(({ category }) => category === "host_based_firewall")?.id ?? "";
        for (const target of targets) {
          const record = policies.get(target);
          if (record === undefined) failed.push(target);
          else edit.keep(request, withChange(record, { id, parameters: { rule_groups } }), "host_based_firewall");
        }
        const success = failed.length === 0;
        const message = success ? "" : `Unknown policies: ${failed.join(", ")}`;
        return {
          status: 200,
          body: { failed_policy_ids: failed, num_applied: targets.length - failed.length, message, success },
        };
      },
    },
    {
      ...{
        method: "GET",
        path: "/policyservice/v1/orgs/:org/rule_configs/:id/parameters/schema",
        needs: "org.policies(READ)",
      },
      handle: ({ params }) => {
        const kind = kindOf(params["id"] ?? "");
        if (kind === undefined) throw new HttpProblem(404, `Rule configuration ${params["id"]} was not found`);
        return { status: 200, body: parameterSchema(kind) };
      },
    },
  ];
}
