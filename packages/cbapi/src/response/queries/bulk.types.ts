// What the public types of alerts, threat reports and bulk operations promise, checked by the compiler: this file is
// never run.
import type { KeyOf } from "../../core/model/declaration.js";
import type { Key } from "../../core/model/document.js";
import type { AnyModel } from "../../core/model/model.js";
import {
  Alert,
  type AlertStatus,
  type Binary,
  type BulkCounts,
  type BulkItem,
  type BulkOperation,
  type BulkReport,
  CbResponseAPI,
  type Feed,
  type Process,
  type Sensor,
  type TaggedEvent,
  ThreatReport,
} from "../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbResponseAPI();
const alert = await cb.select(Alert, "a1");
is<Equal<typeof alert.status, AlertStatus | (string & {}) | undefined>>();
is<Equal<typeof alert.trigger_ioc, Readonly<Record<string, unknown>> | undefined>>();
const process = await alert.process;
is<Equal<typeof process, Process | undefined>>();
const binary = await cb.select(Alert).one().binary;
is<Equal<typeof binary, Binary | undefined>>();
const feed = await alert.feed;
is<Equal<typeof feed, Feed | undefined>>();

alert.status = "Resolved";
alert.assigned_to = undefined;
// @ts-expect-error the server owns it
alert.hostname = "x";
// @ts-expect-error no such status
await alert.changeStatus("Done");
is<Equal<typeof same, Alert>>();
const same = await cb.select(Alert, "a1").assign("joe", { wait: 60_000 });

const query = cb.select(Alert).where({ status: "Unresolved" });
const operation = query.changeStatus("Resolved");
is<Equal<typeof operation, BulkOperation<string>>>();
const report = await operation;
is<Equal<typeof report, BulkReport<string>>>();
const items = report.items();
is<Equal<typeof items, readonly BulkItem<string>[]>>();
const plan = await operation.plan();
is<Equal<typeof plan.items, readonly string[]>>();
// @ts-expect-error alerts have no such field
cb.select(Alert).where({ cmdline: "x" });

const each = await cb.select(ThreatReport).where({ feed_id: 5 }).setIgnored(true, { each: true });
is<Equal<typeof each.counts, BulkCounts>>();
// Where the server is given a query, it does not say which reports it found.
const byQuery = await cb.select(ThreatReport).where({ feed_id: 5 }).setIgnored();
is<Equal<typeof byQuery.counts, BulkCounts | undefined>>();
// @ts-expect-error they may not be known
byQuery.items().length;

const threat = await cb.select(ThreatReport, "18:x").disable();
is<Equal<typeof threat, ThreatReport>>();
const feedOfReport = await threat.feed;
is<Equal<typeof feedOfReport, Feed>>();
threat.is_ignored = false;
// @ts-expect-error the feed says so
threat.title = "x";

// Keys are what their fields read as, of objects that can be created too; made of several fields, they are text.
is<Equal<KeyOf<Sensor>, number>>();
is<Equal<KeyOf<Feed>, number>>();
is<Equal<KeyOf<Alert>, string>>();
is<Equal<KeyOf<Process>, string>>();
is<Equal<KeyOf<ThreatReport>, string>>();
is<Equal<KeyOf<TaggedEvent>, string>>();
is<Equal<KeyOf<AnyModel>, Key>>();
