import type { ModelHost } from "../../../core/model/host.js";
import type { ModelSpec } from "../../../core/model/spec.js";
import { BaseAlert } from "./alert.js";
import { CBAnalyticsAlertSearchQuery, VMwareAlertSearchQuery, WatchlistAlertSearchQuery } from "./subtype-queries.js";

/** An alert that a watchlist raised. */
export class WatchlistAlert extends BaseAlert {
  /** @internal */
  static override readonly spec: ModelSpec = { ...BaseAlert.spec, name: "WatchlistAlert" };

  /** @internal A search for such alerts, which has not been sent. */
  static override query(client: ModelHost): WatchlistAlertSearchQuery<WatchlistAlert> {
    return WatchlistAlertSearchQuery.of(client, WatchlistAlert);
  }
}

/** An alert that the service's analytics raised. */
export class CBAnalyticsAlert extends BaseAlert {
  /** @internal */
  static override readonly spec: ModelSpec = { ...BaseAlert.spec, name: "CBAnalyticsAlert" };

  /** @internal A search for such alerts, which has not been sent. */
  static override query(client: ModelHost): CBAnalyticsAlertSearchQuery<CBAnalyticsAlert> {
    return CBAnalyticsAlertSearchQuery.of(client, CBAnalyticsAlert);
  }
}

/** An alert of VMware's AppDefense, a product that has ended. */
export class VMwareAlert extends BaseAlert {
  /** @internal */
  static override readonly spec: ModelSpec = { ...BaseAlert.spec, name: "VMwareAlert" };

  /** @internal A search for such alerts, which has not been sent. */
  static override query(client: ModelHost): VMwareAlertSearchQuery<VMwareAlert> {
    return VMwareAlertSearchQuery.of(client, VMwareAlert);
  }
}
