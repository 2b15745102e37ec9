import type { ModelHost } from "../../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../../core/model/model.js";
import { BaseAlertSearchQuery } from "./base-alert-query.js";
import { CBANALYTICS_ALERTS, VMWARE_ALERTS, WATCHLIST_ALERTS } from "./calls.js";
import * as words from "./values.js";

/** A search for alerts that watchlists raised. */
export class WatchlistAlertSearchQuery<M extends AnyModel> extends BaseAlertSearchQuery<M> {
  protected override readonly calls = WATCHLIST_ALERTS;
  protected override readonly type = "WATCHLIST";

  /** @internal */
  static override of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): WatchlistAlertSearchQuery<M> {
    return new WatchlistAlertSearchQuery(client, model, {});
  }

  /** Alerts of these watchlists. */
  setWatchlistIds(values: readonly string[]): this {
    return this.texts("setWatchlistIds", "watchlist_id", values, "watchlist IDs");
  }

  /** Alerts of watchlists of these names. */
  setWatchlistNames(values: readonly string[]): this {
    return this.texts("setWatchlistNames", "watchlist_name", values, "watchlist names");
  }
}

/** A search for alerts that the service's analytics raised. */
export class CBAnalyticsAlertSearchQuery<M extends AnyModel> extends BaseAlertSearchQuery<M> {
  protected override readonly calls = CBANALYTICS_ALERTS;
  protected override readonly type = "CB_ANALYTICS";

  /** @internal */
  static override of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): CBAnalyticsAlertSearchQuery<M> {
    return new CBAnalyticsAlertSearchQuery(client, model, {});
  }

  /** Alerts of threats of these kinds that were blocked. Classic routes only. */
  setBlockedThreatCategories(values: readonly words.ThreatCategory[]): this {
    const name = "setBlockedThreatCategories";
    return this.words(name, "blocked_threat_category", values, words.THREAT_CATEGORIES, "threat categories");
  }

  /** Alerts of threats of these kinds that were not blocked. Classic routes only. */
  setNotBlockedThreatCategories(values: readonly words.ThreatCategory[]): this {
    const name = "setNotBlockedThreatCategories";
    return this.words(name, "not_blocked_threat_category", values, words.THREAT_CATEGORIES, "threat categories");
  }

  /** Alerts of devices that were there. */
  setDeviceLocations(values: readonly words.AlertDeviceLocation[]): this {
    return this.words("setDeviceLocations", "device_location", values, words.DEVICE_LOCATIONS, "device locations");
  }

  /** Alerts of attacks that had come so far. Classic routes only. */
  setKillChainStatuses(values: readonly words.KillChainStatus[]): this {
    const name = "setKillChainStatuses";
    return this.words(name, "kill_chain_status", values, words.KILL_CHAIN_STATUSES, "kill chain status values");
  }

  /** Alerts to which a policy was applied, or was not. */
  setPolicyApplied(values: readonly words.PolicyApplied[]): this {
    return this.words("setPolicyApplied", "policy_applied", values, words.POLICY_APPLIED, "policy-applied values");
  }

  /** Alerts for these reasons. */
  setReasonCode(values: readonly string[]): this {
    return this.texts("setReasonCode", "reason_code", values, "reason code values");
  }

  /** Alerts of programs that ran, or did not. */
  setRunStates(values: readonly words.AlertRunState[]): this {
    return this.words("setRunStates", "run_state", values, words.RUN_STATES, "run states");
  }

  /** Alerts about which the sensor has done this. */
  setSensorActions(values: readonly words.AlertSensorAction[]): this {
    return this.words("setSensorActions", "sensor_action", values, words.SENSOR_ACTIONS, "sensor actions");
  }

  /** Alerts of threats that came this way. Classic routes only. */
  setThreatCauseVectors(values: readonly words.ThreatCauseVector[]): this {
    const name = "setThreatCauseVectors";
    return this.words(name, "threat_cause_vector", values, words.THREAT_CAUSE_VECTORS, "threat cause vectors");
  }
}

/** A search for alerts of VMware's AppDefense, a product that has ended. Classic routes only. */
export class VMwareAlertSearchQuery<M extends AnyModel> extends BaseAlertSearchQuery<M> {
  protected override readonly calls = VMWARE_ALERTS;
  protected override readonly type = "VMWARE";

  /** @internal */
  static override of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): VMwareAlertSearchQuery<M> {
    return new VMwareAlertSearchQuery(client, model, {});
  }

  /** Alerts of these alarm groups. */
  setGroupIds(values: readonly number[]): this {
    return this.numbers("setGroupIds", "group_id", values, "alarm group IDs");
  }
}
