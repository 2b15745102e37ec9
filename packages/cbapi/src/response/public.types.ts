// What the public types promise, checked by the compiler: this file is never run.
import type { Readable } from "node:stream";
import { type Binary, CbResponseAPI, Process, Sensor, SensorGroup, type Site } from "./index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbResponseAPI();
const proc = await cb.select(Process).where("a:b").one();

is<Equal<typeof proc, Process>>();
is<Equal<typeof proc.cmdline, string | undefined>>();
is<Equal<typeof proc.id, string>>();
is<Equal<typeof proc.start, Date | undefined>>();

// Joins that cross files and cycles.
const sensor = await proc.sensor;
is<Equal<typeof sensor, Sensor>>();
const group = await proc.sensor.group;
is<Equal<typeof group, SensorGroup>>();
const site = await proc.sensor.group.site;
is<Equal<typeof site, Site>>();
const name = await proc.sensor.group.name;
is<Equal<typeof name, string | undefined>>();
const grandparent = await proc.parent.parent;
is<Equal<typeof grandparent, Process | undefined>>();
const binary = await proc.binary;
is<Equal<typeof binary, Binary | undefined>>();

// Absence goes down the path; what is not absent stays so.
const signed = await cb.select(Process).first().binary.signed;
is<Equal<typeof signed, boolean | undefined>>();
const bytes = await cb.select(Process).first().binary.file.read(2);
is<Equal<typeof bytes, Buffer | undefined>>();
const whole = await cb.select(Process).one().sensor.hostname;
is<Equal<typeof whole, string | undefined>>();
const stream = (await cb.select(Process).one().binary)?.file.stream();
is<Equal<typeof stream, Readable | undefined>>();

const facets = await cb.select(Process).facets("process_name", "hostname");
is<Equal<keyof typeof facets, "process_name" | "hostname">>();

for await (const row of cb.select(Process).include("sensor.group", "binary")) is<Equal<typeof row, Process>>();
for await (const row of cb.select(SensorGroup).where({ name: "x" })) is<Equal<typeof row, SensorGroup>>();

// A loaded model and a query are not awaitable.
is<Equal<Extract<keyof Process, "then">, never>>();
is<Equal<Extract<keyof ReturnType<typeof Process.query>, "then">, never>>();

sensor.notes = "x";
sensor.notes = undefined;
// @ts-expect-error the server owns it
sensor.computer_name = "x";
// @ts-expect-error a process cannot be changed
proc.cmdline = "x";
// @ts-expect-error no such field
proc.no_such_field;
// @ts-expect-error no such join
cb.select(Process).include("hostname");
// @ts-expect-error a Ref has no symbols of the model and cannot be iterated
for await (const _ of cb.select(Process, "x")) void _; // eslint-disable-line @typescript-eslint/await-thenable -- that it is none is the point
// @ts-expect-error sensors are not searched by this
cb.select(Sensor).where({ os: "linux" });
// @ts-expect-error a Process has no save
proc.save;
