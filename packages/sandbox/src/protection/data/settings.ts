import type { TokenRecord } from "../../server/product.js";
import type { PolicyRecord } from "../objects/index.js";
import type { ObjectWriter } from "./writer.js";

/** What the set-up is made from. */
export interface SettingsParts {
  readonly writer: ObjectWriter;
  readonly start: number;
  /** Who works with the organisation's consoles. */
  readonly users: readonly { username: string; first_name: string; last_name: string; email: string }[];
}

const DAY = 86_400_000;
const ADMIN = "admin";
export type Author = Pick<TokenRecord, "username">;

/** Policies by id; 2 is the one in which computers are not bothered, 7 the one for agents that are switched off. */
const policies: readonly (readonly [
  name: string,
  level: number,
  disconnected: number,
  more?: Partial<PolicyRecord>,
])[] = [
  ["Default Policy", 40, 40],
  ["Template Policy", 60, 60, { readOnly: true, hidden: true }],
  ["High Enforcement", 20, 20],
  ["Medium Enforcement", 30, 20],
  ["Low Enforcement", 40, 40],
  ["Visibility", 60, 60],
  ["Disabled", 80, 80, { readOnly: true }],
];

/** What the server is set up with: policies, accounts, notifiers, what is trusted. */
export function writeSettings({ writer, start, users }: SettingsParts): void {
  const made = start - 400 * DAY;
  const authored = { dateCreated: made, dateModified: made, createdBy: ADMIN, modifiedBy: ADMIN };
  const byAdmin = { ...authored, createdByUserId: 1, modifiedByUserId: 1 };
  policies.forEach(([name, enforcementLevel, disconnectedEnforcementLevel, more], index) => {
    writer.put("protection_policy", {
      ...{ id: index + 1, name, description: "", packageName: `${name.replaceAll(" ", "")}.msi` },
      ...{ enforcementLevel, disconnectedEnforcementLevel, helpDeskUrl: "", imageUrl: "" },
      ...{ dateCreated: made, dateModified: made, createdByUserId: 1, modifiedByUserId: 1 },
      ...{ readOnly: false, hidden: false, automatic: false, loadAgentInSafeMode: true, reputationEnabled: true },
      ...{ fileTrackingEnabled: enforcementLevel !== 80, customLogo: false, automaticApprovalsOnTransition: false },
      ...{ allowAgentUpgrades: true, clVersionMax: 0 },
      ...more,
    });
  });
  writeAccounts(writer, made, users);
  const notifiers = ["Unapproved file", "Banned file", "Removable device", "Tamper protection"];
  notifiers.forEach((name, index) => {
    writer.put("protection_notifier", {
      ...{ id: index + 1, name, title: `${name} blocked`, messageText: "<FileName> was blocked on <ComputerName>." },
      ...{ eventLogText: "", url: "", fgImageLocation: "", bgImageLocation: "", logoUrl: "", timeout: 300 },
      ...{ showLogo: true, flags: index === 0 ? 1 : 0, systemNotifier: true, defaultRuleType: index + 1 },
      ...{ defaultRuleGroupId: 0, usageCount: policies.length, clVersion: 100 + index, ...authored },
    });
  });
  const updaters = [
    "Adobe Reader",
    "Google Chrome",
    "Java",
    "Mozilla Firefox",
    "Windows Update",
    "macOS Software Update",
  ];
  updaters.forEach((name, index) => {
    writer.put("protection_updater", {
      ...{ id: index + 1, name, version: `1.${index}`, enabled: index > 1, clVersion: 200 + index },
      ...{ platformFlags: name.startsWith("macOS") ? 2 : 1, ...authored },
    });
  });
  writer.put("protection_trustedUser", {
    ...{ id: 1, name: "Deployment", userSid: "S-1-5-18", description: "Software distribution" },
    ...{ platformId: 1, clVersion: 300, ...byAdmin },
  });
  writer.put("protection_trustedDirectory", {
    ...{ id: 1, description: "Packages of the help desk", path: "\\\\files\\packages", computerId: 0 },
    ...{ enabled: true, clVersion: 301, ...byAdmin },
  });
  ["Batch files", "PowerShell", "Python"].forEach((name, index) => {
    writer.put("protection_scriptRule", {
      ...{ id: index + 1, name, description: `${name} as scripts`, enabled: true, platformId: 1 },
      ...{ clVersion: 302 + index, ...byAdmin },
    });
  });
}

function writeAccounts(writer: ObjectWriter, made: number, users: SettingsParts["users"]): void {
  const groups = ["Administrators", "Power Users", "Read Only"];
  groups.forEach((name, index) => {
    writer.put("protection_userGroup", {
      ...{
        id: index + 1,
        name,
        description: "",
        permissions: ["ffffffffffff", "0000ffffffff", "00000000ffff"][index] ?? "0",
      },
      ...{ policyIds: "", enabled: true, editable: index > 0, dateCreated: made, dateModified: made },
      ...{ createdBy: ADMIN, modifiedBy: ADMIN, createdByUserId: 1, modifiedByUserId: 1 },
      ...{ automaticCount: 0, manualCount: index === 0 ? 0 : users.length },
    });
  });
  const names = [
    { username: ADMIN, first_name: "Server", last_name: "Administrator", email: "" },
    ...users.filter(({ username }) => username !== ADMIN),
  ];
  names.forEach(({ username, first_name, last_name, email }, index) => {
    writer.put("protection_user", {
      ...{ id: index + 1, name: username, userGroupIds: index === 0 ? "1" : "2", eMailAddress: email },
      ...{ firstName: first_name, lastName: last_name, registrationDate: made, readOnly: index === 0 },
      ...{ external: false, automatic: false, unified: false, enabled: true },
      ...{ passwordHash: "", passwordSalt: "", apiToken: "" },
    });
    const granted = {
      userId: index + 1,
      policyId: (index % 5) + 1,
      permissions: index === 0 ? "ffffffff" : "000000ff",
    };
    writer.add("protection_grantedUserPolicyPermission", granted);
  });
}
