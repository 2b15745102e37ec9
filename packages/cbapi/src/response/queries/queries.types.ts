// What the public types of queries promise, checked by the compiler: this file is never run.
import { BannedHash, Binary, CbResponseAPI, Process, Sensor, SensorGroup, Site } from "../index.js";

const cb = new CbResponseAPI();

cb.select(Process).include("sensor", "binary", "parent");
cb.select(Process).include("sensor.group", "parent.binary", "parent.sensor");
cb.select(Sensor).include("group.site");
// @ts-expect-error a sensor has no such join
cb.select(Process).include("sensor.nope");
// @ts-expect-error a field is no join
cb.select(Process).include("sensor.hostname");
// @ts-expect-error nor is what costs a request and gives a number
cb.select(Process).include("depth");
// @ts-expect-error a group has no binary
cb.select(Sensor).include("group.binary");
// @ts-expect-error a binary joins to nothing
cb.select(Binary).include("sensor");

cb.select(SensorGroup).where({ name: "Default Group", site_id: 1, banning_enabled: true }).and({ id: 2 });
cb.select(SensorGroup).where("not_declared:1");
cb.select(Site).where({ name: "x" });
cb.select(BannedHash).where({ md5hash: "x", enabled: true });
// @ts-expect-error a typing error
cb.select(SensorGroup).where({ nme: "Default Group" });
// @ts-expect-error a typing error beside a field
cb.select(SensorGroup).and({ name: "Default Group", nme: 1 });
// @ts-expect-error a list cannot be compared with a value
cb.select(SensorGroup).where({ team_access: "x" });
// @ts-expect-error a value has to be there
cb.select(SensorGroup).where({ name: undefined });
// @ts-expect-error nor is null one
cb.select(Sensor).where({ hostname: null });
