// What the public types of sensors and groups promise, checked by the compiler: this file is never run.
import {
  CbResponseAPI,
  type IsolationResult,
  type IsolationState,
  type PartitionStatus,
  Sensor,
  SensorBuilds,
  SensorGroup,
  Site,
  StoragePartition,
  ThrottleRule,
  type WritePlan,
} from "../../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbResponseAPI();
const sensor = await cb.select(Sensor, 3);
const group = await sensor.group;
is<Equal<typeof group, SensorGroup>>();

// What joins take, and what they give.
sensor.group = group;
sensor.group = 7;
sensor.group = cb.select(SensorGroup, 7);
sensor.group = cb.select(SensorGroup).one();
group.site = cb.select(Site).one();
group.site = 1;
// @ts-expect-error a sensor belongs to a group
sensor.group = await cb.select(Site, 1);
// @ts-expect-error a search may find none
sensor.group = cb.select(SensorGroup).first();
// @ts-expect-error it always belongs to one
sensor.group = undefined;
// @ts-expect-error the server counts them
group.number_of_hosts = 1;
// @ts-expect-error the server gives it
group.id = 1;

const isolated = await sensor.isolate({
  timeout: 1000,
  onWait: ({ state }) => is<Equal<typeof state, IsolationState>>(),
});
is<Equal<typeof isolated, IsolationResult>>();
const plan = await sensor.unisolate({ dryRun: true });
is<Equal<typeof plan, WritePlan | undefined>>();
const through = await cb.select(Sensor).one().isolate();
is<Equal<typeof through, IsolationResult>>();
const state = sensor.isolationState;
is<Equal<typeof state, IsolationState | undefined>>();

const windows = await cb.select(SensorBuilds).results.Windows;
is<Equal<typeof windows, readonly string[]>>();
const status = (await cb.select(StoragePartition, "writer").mount()).status;
is<Equal<typeof status, PartitionStatus | undefined>>();
for await (const rule of (await cb.select(Site, 1)).throttle_rules) is<Equal<typeof rule, ThrottleRule>>();
// @ts-expect-error rules can only be read
(await cb.select(ThrottleRule, 1)).save;
