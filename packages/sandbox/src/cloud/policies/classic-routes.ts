import type { SandboxRequest } from "../../server/product.js";
import { readObject, WriteBody } from "../../server/write-body.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute } from "../part.js";
import { classicPolicy, presentForm } from "./classic-form.js";
import { PolicyEditor } from "./edit.js";
import { policiesOf } from "./policies.js";
import type { Fields, PolicyRecord } from "./record.js";

const BASE = "/integrationServices/v3/policy";
const OPENED = { kind: "API", retired: "ask /policyservice/v1/orgs/{org}/policies" } as const;
const SUCCESS = { success: true, message: "Success" };

/** Policies in the classic form. */
export function classicPolicyRoutes(context: CloudContext): CloudRoute[] {
  const policies = policiesOf(context);
  const edit = new PolicyEditor(context);
  const one = ({ params }: SandboxRequest): PolicyRecord => edit.present(params["id"]);
  const wrapped = (request: SandboxRequest, name: "policyInfo" | "ruleInfo"): Fields => {
    const body = readObject(request);
    body.require(name);
    return body.value(name) as Fields;
  };
  const info = (request: SandboxRequest): WriteBody => new WriteBody(wrapped(request, "policyInfo"), "policyInfo");
  return [
    {
      ...{ method: "GET", path: BASE, ...OPENED },
      handle: () => {
        const results = policies.all().map(classicPolicy);
        const latestTime = context.now();
        return { status: 200, body: { ...SUCCESS, latestTime, elapsed: 1, totalResults: results.length, results } };
      },
    },
    {
      ...{ method: "POST", path: BASE, ...OPENED },
      handle: (request) => {
        const body = info(request);
        body.require("name", "description", "priorityLevel", "version", "policy");
        const record = edit.create(new WriteBody(presentForm(body)), request);
        return { status: 200, body: { ...SUCCESS, policyId: record.id } };
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, ...OPENED },
      handle: (request) => ({ status: 200, body: { ...SUCCESS, policyInfo: classicPolicy(one(request)) } }),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id`, ...OPENED },
      handle: (request) => {
        const body = info(request);
        const id = body.integer("id");
        edit.change(
          one(request),
          new WriteBody({ ...presentForm(body), ...(id === undefined ? {} : { id }) }),
          request,
        );
        return { status: 200, body: SUCCESS };
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, ...OPENED },
      handle: (request) => {
        edit.remove(one(request), request);
        return { status: 200, body: SUCCESS };
      },
    },
    {
      ...{ method: "POST", path: `${BASE}/:id/rule`, ...OPENED },
      handle: (request) => {
        const { id } = edit.addRule(one(request), wrapped(request, "ruleInfo"), request);
        return { status: 200, body: { ...SUCCESS, ruleId: id } };
      },
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/rule/:rule`, ...OPENED },
      handle: (request) => {
        edit.replaceRule(one(request), request.params["rule"], wrapped(request, "ruleInfo"), request);
        return { status: 200, body: SUCCESS };
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/rule/:rule`, ...OPENED },
      handle: (request) => {
        edit.removeRule(one(request), request.params["rule"], request);
        return { status: 200, body: SUCCESS };
      },
    },
  ];
}
