import type { ObjectKind } from "../domain/index.js";

type CloudKind = Extract<ObjectKind, `cloud_${string}`>;

/** All kinds of objects of the cloud: the compiler asks for those that are missing here. */
const KINDS: Record<CloudKind, true> = {
  ...{ cloud_alert: true, cloud_audit: true, cloud_device: true, cloud_feed: true, cloud_intelligence_count: true },
  ...{ cloud_job: true, cloud_policy: true, cloud_queue: true, cloud_report: true, cloud_report_setting: true },
  ...{ cloud_run: true, cloud_run_answer: true, cloud_run_template: true, cloud_threat: true, cloud_watchlist: true },
  cloud_watchlist_hit: true,
};

/** Their names: each can be put into an organisation, whether a part has looked at such objects or not. */
export const CLOUD_KINDS = Object.keys(KINDS) as CloudKind[];
