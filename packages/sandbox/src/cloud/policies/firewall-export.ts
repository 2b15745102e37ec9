import { csvOf } from "../table.js";
import type { Fields, PolicyRecord } from "./record.js";
import { RULE_CONFIGS, ruleConfig } from "./rule-configs.js";

const COLUMNS = [
  ...["policy_name", "rule_group_name", "rule_group_description", "rule_group_rank", "rule_group_enabled"],
  ...["rule_rank", "rule_enabled", "action", "application_path", "direction", "local_ip", "local_port"],
  ...["remote_ip", "remote_port", "protocol"],
];

/** The firewall of a policy, rule by rule; the last row is what happens to everything that no rule names. */
export function firewallRows(policy: PolicyRecord): Fields[] {
  const kind = RULE_CONFIGS.find(({ category }) => category === "host_based_firewall");
  if (kind === undefined) return [];
  const parameters = ruleConfig(kind, policy)["parameters"] as Fields;
  const groups = parameters["rule_groups"] as { name: string; description: string; rules: Fields[] }[];
  const { action } = parameters["default_rule"] as Fields;
  const any = "*";
  const rows = groups.flatMap((group, at) =>
    group.rules.map((rule, rank) => ({
      ...{ policy_name: policy.name, rule_group_name: group.name, rule_group_description: group.description },
      ...{ rule_group_rank: String(at + 1), rule_group_enabled: "true", rule_rank: String(rank + 1) },
      ...{ rule_enabled: rule["enabled"], action: rule["action"], application_path: rule["application_path"] },
      ...{ direction: rule["direction"], local_ip: rule["local_ip_address"], local_port: rule["local_port_ranges"] },
      ...{ remote_ip: rule["remote_ip_address"], remote_port: rule["remote_port_ranges"], protocol: rule["protocol"] },
    })),
  );
  const rest = {
    ...{ policy_name: policy.name, rule_group_name: "", rule_group_description: "", rule_group_rank: "" },
    ...{ rule_group_enabled: "true", rule_rank: "", rule_enabled: true, action, application_path: any },
    ...{ direction: "BOTH", local_ip: any, local_port: any, remote_ip: any, remote_port: any, protocol: "ANY" },
  };
  return [...rows, rest];
}

/** The same as text with a line of names above. */
export const firewallText = (policy: PolicyRecord): string => csvOf(COLUMNS, firewallRows(policy));
