import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Document } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { FetchedPage, Window } from "../../../core/query/row-source.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { searchAnswer } from "../../queries/search-answer.js";
import type { CloudCall } from "../../routes.js";
import { ask } from "../../send.js";
import { BaseAlert } from "./alert.js";
import type { BaseAlertSearchQuery } from "./base-alert-query.js";
import { AlertSearch, type AlertState } from "./base-query.js";
import { ALL_ALERTS, GROUPED_FACET, GROUPED_SEARCH } from "./calls.js";
import { type AlertFacet, type AlertFacetField, facetFields, facetsIn } from "./facets.js";
import { valueIn } from "./names.js";

/** Alerts that share the value of a field, as one. Only the service of today has them, whatever the client's `routes`. */
export class GroupedAlert extends defineModel(
  {
    name: "GroupedAlert",
    path: "/api/alerts/v7/orgs/{org}/grouped_alerts",
    // No field is: the latest of its alerts tells a group from others.
    key: "policy_applied",
    keyOf: ({ most_recent_alert: alert }) => {
      const id: unknown = typeof alert === "object" && alert !== null ? Reflect.get(alert, "id") : undefined;
      return typeof id === "string" ? id : undefined;
    },
    unreadable: "Groups of alerts have no address of their own: search for them with groupBy()",
  },
  {
    /** How many alerts. */
    count: t.integer(),
    determination_values: t.object<Readonly<Record<string, number>>>(),
    ml_classification_final_verdicts: t.object<Readonly<Record<string, number>>>(),
    workflow_states: t.object<Readonly<Record<string, number>>>(),
    device_count: t.integer(),
    workload_count: t.integer(),
    first_alert_timestamp: t.dateTime(),
    last_alert_timestamp: t.dateTime(),
    highest_severity: t.integer(),
    /** As the service sent it; {@link GroupedAlert.mostRecentAlert} is the alert. */
    most_recent_alert: t.object<Readonly<Record<string, unknown>>>(),
    policy_applied: t.string(),
    tags: t.array(t.string()),
    threat_notes_present: t.boolean(),
  },
) {
  /** The latest of its alerts. */
  get mostRecentAlert(): BaseAlert {
    const { client } = GroupedAlert.stateOf(this);
    const document = (this.most_recent_alert ?? {}) as Document;
    return new BaseAlert({ client, key: String(document["id"]), document });
  }
}

/** The words of today's service only: groups have no others. */
interface GroupedState extends AlertState {
  readonly groupBy: string;
}

/** A search for alerts by groups: `POST .../grouped_alerts/_search`. */
export class GroupedAlertSearchQuery extends AlertSearch<GroupedAlert, GroupedState> {
  protected readonly calls = { ...ALL_ALERTS, search: GROUPED_SEARCH, facet: GROUPED_FACET };
  protected readonly type: string | undefined = undefined;

  /** @internal The alerts of a search by the values of a field. */
  static by(client: ModelHost, field: string, state: AlertState): GroupedAlertSearchQuery {
    if (typeof field !== "string" || !/^[A-Za-z][\w.]*$/.test(field)) {
      throw invalidArgument(`groupBy takes the name of a field, as "threat_id": got ${JSON.stringify(field)}`);
    }
    const { sort: _, ...rest } = state;
    return new GroupedAlertSearchQuery(client, GroupedAlert, { ...rest, groupBy: field.toLowerCase() });
  }

  /** The same by another field. */
  groupBy(field: string): GroupedAlertSearchQuery {
    return GroupedAlertSearchQuery.by(this.client, field, this.state);
  }

  /**
   * The alerts of one group, as a search that has not been sent.
   * @throws ApiError with code `INVALID_ARGUMENT` when the group does not tell what its alerts share
   */
  alertsOf(group: GroupedAlert): BaseAlertSearchQuery<BaseAlert> {
    const { groupBy: field } = this.state;
    const value = valueIn((group.most_recent_alert ?? {}) as Document, field);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw invalidArgument(`the group does not tell its ${field}`);
    }
    const { groupBy: _, ...state } = this.state;
    return BaseAlert.query(this.client).alike(state).addCriteria(field, [value]);
  }

  /**
   * Counts the groups by the values of some fields: `POST .../grouped_alerts/_facet`.
   * @param maxRows how many values each, the commonest first; 0 for all
   */
  override async facets(
    fields: readonly AlertFacetField[],
    maxRows = 0,
    options: CallOptions & {
      /** Whether only values that the search itself asks for are counted. */
      readonly filterValues?: boolean | undefined;
    } = {},
  ): Promise<AlertFacet[]> {
    const { filterValues = false, ...call } = options;
    checkCall("facets()", call, CALL);
    const terms = { fields: facetFields(fields, "current"), rows: maxRows };
    const json = { ...this.selection(), terms, filter_values: filterValues };
    return facetsIn(await ask(this.host, GROUPED_FACET, { json }, call), GROUPED_FACET.call);
  }

  protected override get generation(): "current" {
    return "current";
  }

  protected override selection(): Record<string, unknown> {
    return { ...super.selection(), group_by: { field: this.state.groupBy } };
  }

  /** Groups are given by no time that could be gone on from. */
  protected override get isGrouped(): boolean {
    return true;
  }

  protected override async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const call: CloudCall = this.searchCall;
    return searchAnswer(await ask(this.host, call, { json: this.body(window) }, options), call.call);
  }
}
