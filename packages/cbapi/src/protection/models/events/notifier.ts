import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * What a user sees when something was blocked. Reading it needs the permission "View notifiers". It cannot be changed.
 */
export class Notifier extends defineModel(
  { name: "Notifier", path: pathOf("notifier"), key: "id" },
  {
    id: t.integer(),
    name: t.string(),
    title: t.string(),
    messageText: t.string(),
    eventLogText: t.string(),
    url: t.string(),
    fgImageLocation: t.string(),
    bgImageLocation: t.string(),
    logoUrl: t.string(),
    /** For how long it is shown, in seconds. */
    timeout: t.integer(),
    showLogo: t.boolean(),
    /** What it asks the user to fill in, see {@link NotifierFlag}. */
    flags: t.integer(),
    /** Whether it is one of the server's own. */
    systemNotifier: t.boolean(),
    defaultRuleType: t.integer(),
    defaultRuleGroupId: t.integer(),
    createdBy: t.string(),
    dateCreated: t.dateTime(),
    modifiedBy: t.string(),
    dateModified: t.dateTime(),
    usageCount: t.integer(),
    clVersion: t.integer(),
  },
) {
  /** @internal A search for notifiers, which has not been sent: `GET /notifier`. */
  static query(client: ModelHost): ProtectionQuery<Notifier> {
    return ProtectionQuery.of(client, Notifier);
  }
}
