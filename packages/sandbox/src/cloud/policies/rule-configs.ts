import { HttpProblem } from "../../server/product.js";
import { type FieldCheck, nameOf, trueOrFalse, WriteBody, wrongType } from "../../server/write-body.js";
import { objectOf, oneOf } from "./read.js";
import type { ChangedConfig, Fields, PolicyRecord } from "./record.js";

/** A parameter of a rule configuration. */
interface Parameter {
  name: string;
  description: string;
  default: unknown;
  check: FieldCheck;
  /** The words that it may be. */
  values?: readonly string[];
}

/** What there is to configure, the same in each policy. */
export interface RuleConfigKind {
  id: string;
  name: string;
  description: string;
  inherited_from: string;
  category: Category;
  parameters: readonly Parameter[];
  /** Whether it takes exclusions. */
  exclusions: boolean;
}

/** What configurations are about. */
export const CATEGORIES = ["core_prevention", "host_based_firewall", "data_collection", "bypass"] as const;
/** One of {@link CATEGORIES}. */
export type Category = (typeof CATEGORIES)[number];

const MODES = ["REPORT", "BLOCK"] as const;

const core = (id: string, name: string, description: string): RuleConfigKind => ({
  ...{ id, name, description, inherited_from: "psc:region", category: "core_prevention", exclusions: true },
  parameters: [
    {
      ...{ name: "WindowsAssignmentMode", description: "Whether what is found is blocked or reported only" },
      ...{ default: "BLOCK", check: oneOf(MODES), values: MODES },
    },
  ],
});

const collection = (
  id: string,
  name: string,
  description: string,
  parameter: string,
  value: boolean,
): RuleConfigKind => ({
  ...{ id, name, description, inherited_from: "", category: "data_collection", exclusions: false },
  parameters: [{ name: parameter, description, default: value, check: trueOrFalse }],
});

const bypass = (id: string, name: string, description: string): RuleConfigKind => ({
  ...{ id, name, description, inherited_from: "psc:region", category: "bypass", parameters: [], exclusions: true },
});

const FIREWALL_ID = "df181779-f623-415d-879e-91c40246535d";

/** The answer to a connection that no rule of the firewall names. */
export const DEFAULT_FIREWALL_RULE = {
  action: "ALLOW",
  default_rule_access_check_guid: "5cf92c4a-1b1b-4d30-8f7a-2a2c5d1f6a01",
  default_rule_inbound_event_check_guid: "5cf92c4a-1b1b-4d30-8f7a-2a2c5d1f6a02",
  default_rule_outbound_event_check_guid: "5cf92c4a-1b1b-4d30-8f7a-2a2c5d1f6a03",
};

const defaultRuleOf: FieldCheck = (value, name) => {
  const { action } = objectOf(value, name);
  return { ...DEFAULT_FIREWALL_RULE, action: oneOf(["ALLOW", "BLOCK"])(action, `${name}.action`) };
};

const firewallRuleOf: FieldCheck<Fields> = (value, name) => {
  const rule = new WriteBody(objectOf(value, name));
  rule.require("action", "direction", "enabled", "protocol", "remote_ip_address");
  return {
    ...{ application_path: "*", local_ip_address: "*", local_port_ranges: "*", remote_port_ranges: "*" },
    ...{ test_mode: false, ...objectOf(value, name) },
    action: oneOf(["ALLOW", "BLOCK", "BLOCK_ALERT"])(rule.value("action"), "action"),
    direction: oneOf(["IN", "OUT", "BOTH"])(rule.value("direction"), "direction"),
    protocol: oneOf(["TCP", "UDP"])(rule.value("protocol"), "protocol"),
    enabled: rule.flag("enabled"),
  };
};

/** The groups of rules; the server numbers them. */
export const ruleGroupsOf: FieldCheck = (value, name) => {
  if (!Array.isArray(value)) throw wrongType(name, "a list");
  return value.map((each, index) => {
    const group = new WriteBody(objectOf(each, `${name}[${index}]`));
    group.require("name");
    const rules = group.list("rules") ?? [];
    return {
      ...{ name: nameOf(group.value("name"), "name"), description: group.text("description") ?? "" },
      ...{ ruleset_id: `${FIREWALL_ID.slice(0, 24)}${String(index + 1).padStart(12, "0")}` },
      rules: rules.map((rule, at) => firewallRuleOf(rule, `${name}[${index}].rules[${at}]`)),
    };
  });
};

/** All that there is. */
export const RULE_CONFIGS: readonly RuleConfigKind[] = [
  core(
    "1f8a5e4b-34f2-4d31-9f8f-87c56facaec8",
    "Advanced Scripting Prevention",
    "Scripts without a file, and scripts that use the programs of the system for what they were not made for",
  ),
  core(
    "ac67fa14-f6be-4df9-93f2-6de0dbd96061",
    "Credential Theft",
    "What programs do that are after passwords and tokens",
  ),
  core(
    "c4ed61b3-d5aa-41a9-814f-0f277451532b",
    "Carbon Black Threat Intel",
    "Common ways of attacking, as threat researchers describe them",
  ),
  core(
    "88b19232-7ebb-48ef-a198-2a75a282de5d",
    "Privilege Escalation",
    "What programs do that give themselves more rights than they were started with",
  ),
  {
    ...{ id: FIREWALL_ID, name: "Host Based Firewall", inherited_from: "", category: "host_based_firewall" },
    ...{ description: "Connections that sensors allow and refuse", exclusions: false },
    parameters: [
      {
        ...{ name: "enable_host_based_firewall", description: "Whether the rules are in force" },
        ...{ default: false, check: trueOrFalse },
      },
      {
        ...{ name: "default_rule", description: "What happens to all other connections" },
        ...{ default: DEFAULT_FIREWALL_RULE, check: defaultRuleOf },
      },
      { ...{ name: "rule_groups", description: "The rules" }, ...{ default: [], check: ruleGroupsOf } },
    ],
  },
  collection(
    "91c919da-fb90-4e63-9eac-506255b0a0d0",
    "Authentication Events",
    "Whether logons are reported",
    "enable_auth_events",
    false,
  ),
  collection(
    "cc075469-8d1e-4056-84b6-0e6f437c4010",
    "XDR",
    "Whether sensors report what goes over the network",
    "enable_network_data_collection",
    false,
  ),
  bypass(
    "1664f2e6-645f-4d6e-98ec-0c80485cbe0f",
    "Event Reporting Exclusions",
    "Programs whose events are not reported",
  ),
  bypass(
    "1c03d653-eca4-4adc-81a1-04b17b6cbffc",
    "Event Reporting and Sensor Operation Exclusions",
    "Programs that are neither reported nor looked at",
  ),
];

/** The kind of an id. */
export const kindOf = (id: string): RuleConfigKind | undefined => RULE_CONFIGS.find((kind) => kind.id === id);

/** A configuration as a policy has it. */
export function ruleConfig(kind: RuleConfigKind, policy: PolicyRecord): Fields {
  const changed = policy.configs.find(({ id }) => id === kind.id);
  const { id, name, description, inherited_from, category } = kind;
  const parameters: Fields = Object.fromEntries(kind.parameters.map((each) => [each.name, each.default]));
  Object.assign(parameters, changed?.parameters);
  // What the sensors have of the firewall mirrors what was written.
  if (category === "host_based_firewall") parameters["rulesets"] = parameters["rule_groups"];
  return {
    ...{ id, name, description, inherited_from, category, parameters },
    ...(changed?.exclusions === undefined ? {} : { exclusions: changed.exclusions }),
  };
}

/** All configurations of a policy, or those of a category. */
export const ruleConfigs = (policy: PolicyRecord, category?: Category): Fields[] =>
  RULE_CONFIGS.filter((kind) => category === undefined || kind.category === category).map((kind) =>
    ruleConfig(kind, policy),
  );

/** What a body changes of one configuration; refused where it is none of this category, or not what it may be. */
export function readChange(value: unknown, category: Category): ChangedConfig {
  const body = new WriteBody(value, "A rule configuration");
  body.require("id");
  const id = body.text("id") ?? "";
  const kind = kindOf(id);
  if (kind === undefined || kind.category !== category) {
    throw new HttpProblem(400, `${id} is no rule configuration of the category ${category}`, "INVALID_RULE_CONFIG_ID");
  }
  const change: ChangedConfig = { id };
  if (body.value("parameters") !== undefined) {
    const given = new Map(Object.entries(objectOf(body.value("parameters"), "parameters")));
    given.delete("rulesets");
    const parameters: Fields = {};
    for (const [name, wanted] of given) {
      const parameter = kind.parameters.find((each) => each.name === name);
      if (parameter === undefined) throw new HttpProblem(400, `${kind.name} has no parameter ${name}`);
      parameters[name] = parameter.check(wanted, name);
    }
    change.parameters = parameters;
  }
  if (body.value("exclusions") !== undefined) {
    if (!kind.exclusions) throw new HttpProblem(400, `${kind.name} takes no exclusions`);
    change.exclusions = objectOf(body.value("exclusions"), "exclusions");
  }
  return change;
}

/** The policy with a change of one of its configurations: what the change does not name stays as it is. */
export function withChange(policy: PolicyRecord, change: ChangedConfig): PolicyRecord {
  const known = policy.configs.find(({ id }) => id === change.id);
  const parameters = { ...known?.parameters, ...change.parameters };
  const exclusions = change.exclusions ?? known?.exclusions;
  const next = { id: change.id, parameters, ...(exclusions === undefined ? {} : { exclusions }) };
  return { ...policy, configs: [...policy.configs.filter(({ id }) => id !== change.id), next] };
}

/** The policy in which these configurations are as they were at first. */
export const withoutChanges = (policy: PolicyRecord, ids: readonly string[]): PolicyRecord => ({
  ...policy,
  configs: policy.configs.filter(({ id }) => !ids.includes(id)),
});

/** As the console is told to show them. */
export function presentation(): Fields {
  return {
    configs: RULE_CONFIGS.map(({ id, name, description, category, parameters }) => ({
      ...{ id, name, description },
      presentation: {
        category: category === "host_based_firewall" ? "hbfw" : category,
        name: `${category}.name`,
        description: [`${category}.description`],
        platforms: ["WINDOWS"],
      },
      parameters: parameters.map((each) => ({
        ...{ name: each.name, description: each.description, default: each.default, recommended: each.default },
        validations: each.values === undefined ? [] : [{ type: "enum", values: each.values }],
      })),
    })),
  };
}

/** The JSON schema of a configuration's parameters. */
export function parameterSchema({ parameters }: RuleConfigKind): Fields {
  const typeOf = (value: unknown): string =>
    Array.isArray(value) ? "array" : typeof value === "object" ? "object" : typeof value;
  const properties = parameters.map(({ name, description, values, default: usual }) => [
    name,
    { type: typeOf(usual), description, default: usual, ...(values === undefined ? {} : { enum: values }) },
  ]);
  return { type: "object", properties: Object.fromEntries(properties) as Fields };
}
