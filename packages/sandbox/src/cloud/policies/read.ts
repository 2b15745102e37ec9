import { HttpProblem } from "../../server/product.js";
import {
  type FieldCheck,
  LONGEST_TEXT,
  nameOf,
  orNull,
  textOf,
  WriteBody,
  wholeNumber,
  wrongType,
} from "../../server/write-body.js";
import {
  APPLICATION_TYPES,
  type Fields,
  type PolicyRecord,
  type PolicyRule,
  PRIORITIES,
  RULE_ACTIONS,
  RULE_OPERATIONS,
  RULE_REPUTATIONS,
} from "./record.js";

const text = textOf(LONGEST_TEXT);

/** One of a few words, spelt as they are. */
export const oneOf =
  <T extends string>(words: readonly T[]): FieldCheck<T> =>
  (value, name) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw wrongType(name, `one of ${words.join(", ")}`);
    return found;
  };

export const objectOf: FieldCheck<Fields> = (value, name) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(name, "an object");
  return value as Fields;
};

const listOf =
  <T>(check: FieldCheck<T>): FieldCheck<T[]> =>
  (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, "a list");
    return value.map((each, index) => check(each, `${name}[${index}]`));
  };

/** A rule as somebody wants it; its number is the server's affair. */
export const ruleOf: FieldCheck<Omit<PolicyRule, "id">> = (value, name) => {
  const rule = new WriteBody(objectOf(value, name));
  rule.require("action", "operation", "application");
  const application = new WriteBody(rule.value("application"), "application");
  application.require("type", "value");
  const type = oneOf(APPLICATION_TYPES)(application.value("type"), "application.type");
  const named = type === "REPUTATION" ? oneOf(RULE_REPUTATIONS) : nameOf;
  const action = oneOf(RULE_ACTIONS)(rule.value("action"), "action");
  const operation = oneOf(RULE_OPERATIONS)(rule.value("operation"), "operation");
  if (operation.startsWith("BYPASS_") && action !== "IGNORE") {
    throw new HttpProblem(400, `The operation ${operation} takes no action but IGNORE`);
  }
  return {
    ...{ required: rule.flag("required") ?? false, action, operation },
    application: { type, value: named(application.value("value"), "application.value") },
  };
};

/** Rules of a whole policy: those that come with a number keep it, the others are numbered on. */
function numbered(value: unknown, known: PolicyRecord): Pick<PolicyRecord, "rules" | "next_rule"> {
  const wanted = listOf((each, name) => ({ id: (each as Partial<PolicyRule>).id, ...ruleOf(each, name) }))(
    value,
    "rules",
  );
  const ids = wanted.flatMap(({ id }) => (typeof id === "number" && Number.isInteger(id) && id > 0 ? [id] : []));
  if (new Set(ids).size < ids.length) throw new HttpProblem(400, "Two rules have the same id");
  let next = Math.max(known.next_rule, ...ids.map((id) => id + 1));
  const rules = wanted.map((rule) => ({ ...rule, id: ids.includes(rule.id ?? 0) ? (rule.id as number) : next++ }));
  return { rules, next_rule: next };
}

const SETTING: FieldCheck<{ name: string; value: string }> = (value, name) => {
  const setting = new WriteBody(objectOf(value, name));
  setting.require("name", "value");
  return { name: nameOf(setting.value("name"), "name"), value: text(setting.value("value"), "value") };
};

const DIRECTORY: FieldCheck<PolicyRecord["directory_action_rules"][number]> = (value, name) => {
  const rule = new WriteBody(objectOf(value, name));
  rule.require("path");
  return {
    path: nameOf(rule.value("path"), "path"),
    file_upload: rule.flag("file_upload") ?? false,
    protection: rule.flag("protection") ?? false,
  };
};

const RESPONSE: FieldCheck<PolicyRecord["managed_detection_response_permissions"]> = (value, name) => {
  const body = new WriteBody(objectOf(value, name));
  return {
    policy_modification: body.flag("policy_modification") ?? false,
    quarantine: body.flag("quarantine") ?? false,
  };
};

const CHECKS: Readonly<Record<string, FieldCheck>> = {
  name: nameOf,
  description: orNull(text),
  priority_level: oneOf(PRIORITIES),
  position: wholeNumber(1),
  auto_deregister_inactive_vdi_interval_ms: wholeNumber(0),
  auto_delete_known_bad_hashes_delay: orNull(wholeNumber(0)),
  av_settings: objectOf,
  sensor_settings: listOf(SETTING),
  directory_action_rules: listOf(DIRECTORY),
  managed_detection_response_permissions: RESPONSE,
};

/** A policy as a body in the present form describes it; what the body leaves out is as it was. */
export function readPolicy(body: WriteBody, known: PolicyRecord, now: number): PolicyRecord {
  const { description, ...fields } = body.readAll(CHECKS);
  return {
    ...known,
    ...fields,
    ...(body.has("description") ? { description: description ?? "" } : {}),
    ...(body.has("rules") ? numbered(body.value("rules") ?? [], known) : {}),
    latest_revision: now,
  } as PolicyRecord;
}
