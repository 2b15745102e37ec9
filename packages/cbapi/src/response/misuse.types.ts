// What the compiler refuses of a caller's mistakes, each beside the form that is right: this file is never run.
import {
  Alert,
  Binary,
  CbResponseAPI,
  ConnectionError,
  Feed,
  Process,
  Sensor,
  SensorGroup,
  StoragePartition,
  Team,
  TimeoutError,
  User,
  Watchlist,
  type WritePlan,
} from "./index.js";

const cb = new CbResponseAPI({ profile: "lab", timeout: 5000, sslVerify: true });
const text = (_value: string): void => {};
const number = (_value: number): void => {};

// The options of a client.
// @ts-expect-error mistyped
new CbResponseAPI({ profil: "lab" });
// @ts-expect-error milliseconds are a number
new CbResponseAPI({ timeout: "5s" });
// @ts-expect-error the field of a profile has another spelling as an option
new CbResponseAPI({ ssl_verify: false });
// @ts-expect-error EDR has no such list
new CbResponseAPI({ routes: { approvedHash: "/x" } });

// What was not awaited is not the thing itself.
const proc = await cb.select(Process).one();
text((await proc.sensor.group.name) ?? "");
// @ts-expect-error not awaited
text(proc.sensor.group.name);
// @ts-expect-error a Ref is not the object
const sensor: Sensor = proc.sensor;
// @ts-expect-error not awaited
number(cb.select(Binary, "x").size + 1);
// @ts-expect-error the count of a search costs a request
number(cb.select(Process).count());
// @ts-expect-error a list that was not awaited has no rows
cb.select(Process).all().length;
// @ts-expect-error nor has it a first one
cb.select(Process).all()[0];
// @ts-expect-error what is saved is told when it is awaited
sensor.save().notes;
// @ts-expect-error `depth` costs a request
number(proc.depth);
// @ts-expect-error a first row may be missing
text((await cb.select(Process).first()).id);
// @ts-expect-error and so may what is taken through it
text(await cb.select(Process).first().id);
// @ts-expect-error a join that may lead nowhere
(await proc.binary).md5;

// A search is no list, and what it gives can be looked at only.
const query = cb.select(Process).where("a:b");
const rows = await query.all({ limit: 5 });
// @ts-expect-error `count()`
query.length;
// @ts-expect-error `at()` or `slice()`
query[0];
// @ts-expect-error `all()` first
query.map((row) => row.id);
// @ts-expect-error an ordinary loop cannot wait
for (const row of query) void row;
// @ts-expect-error how many, in an object
await query.all(5);
// @ts-expect-error not what it is called
await query.all({ max: 5 });
// @ts-expect-error the report tells what was
rows.report().returned = 0;
// @ts-expect-error only processes are grouped
cb.select(Binary).groupBy("id");
// @ts-expect-error nothing to count by
await query.facets();
// @ts-expect-error was not asked for
(await query.facets("hostname")).username;
// @ts-expect-error options come last
await query.facets({ timeout: 5 }, "hostname");
// @ts-expect-error behind all fields
await query.facets("hostname", { timeout: 5 }, "username");
text((await query.facets("hostname", "username", { timeout: 5 })).username[0]?.name ?? "");
// @ts-expect-error options are not a field
(await query.facets("hostname", { timeout: 5 })).timeout;
// @ts-expect-error a route that gives one list has no raw form
cb.select(SensorGroup).raw("q=x");

// Read-only is what the server owns, at any depth and through a Ref.
const watchlist = await cb.select(Watchlist, 5);
// @ts-expect-error the server names it
watchlist.id = "6";
// @ts-expect-error a join that follows from the process
proc.sensor = cb.select(Sensor, 3);
// @ts-expect-error `await` it first, or `set()`
cb.select(Watchlist, 5).name = "x";
// @ts-expect-error lists are frozen
(await cb.select(Binary, "x")).observed_filename?.push("x");
// @ts-expect-error so are their entries
for (const access of (await cb.select(SensorGroup, 1)).team_access ?? []) access.team_id = 5;
// @ts-expect-error nothing of a partition can be set
(await cb.select(StoragePartition, "x")).status = "cold";
// @ts-expect-error a profile that was read is not changed
cb.credentials.token = "x";

// Values of another kind.
// @ts-expect-error a flag
watchlist.enabled = "true";
// @ts-expect-error null clears in `set()`; a property is cleared with undefined
watchlist.description = null;
// @ts-expect-error a picture is its bytes
cb.create(Feed, { icon: "icon.png" });
// @ts-expect-error neither a team nor an object with its id
cb.create(User, { teams: ["Responders"] });
// @ts-expect-error no such status
await cb.select(Alert).changeStatus("Done");
// @ts-expect-error a key is text or a number
void cb.select(Binary, { md5: "x" });
// @ts-expect-error no model
cb.select("Process");
// @ts-expect-error models come from the client
new Process();
// @ts-expect-error a flag comes before its options
await cb.select(Alert, "x").setIgnored({ wait: 5 });
// @ts-expect-error options go by their names
await cb.select(Alert, "x").setIgnored(true, "Resolved");
// @ts-expect-error of a search, too
await cb.select(Alert).setIgnored(true, "Resolved");
const feed = await cb.select(Feed, 5);
// @ts-expect-error `{ full: false }`
await feed.synchronize(false);
// @ts-expect-error `{ minScore: 20, maxScore: 80 }`
feed.searchProcesses(20, 80);

// What can be assigned is a closed list, whatever newer servers may give.
const alert = await cb.select(Alert, "x");
alert.status = "In Progress";
// @ts-expect-error no such status
alert.status = "Done";
// @ts-expect-error what was read may be none that can be set
alert.status = (await cb.select(Alert, "y")).status;
watchlist.index_type = "modules";
// @ts-expect-error no such index
watchlist.index_type = "binaries";
// @ts-expect-error nor when it is made
cb.create(Watchlist, { index_type: "binaries" });

// An object is named by itself, by a Ref or by its id.
const lab = await cb.select(SensorGroup, 5);
for (const group of [lab, cb.select(SensorGroup, 5), 5]) (await cb.select(Sensor, 3)).group = group;
// @ts-expect-error an object of another kind
(await cb.select(Sensor, 3)).group = watchlist;
// @ts-expect-error nor by its name
await (await cb.select(Team, 1)).addViewerAccess("Lab");
await (await cb.select(User, "ann")).addTeam("Analysts");

// An installer is read, saved or left alone.
const installer = lab.installer("linux");
await installer.save("sensor.tar.gz");
// @ts-expect-error nothing has been asked for
installer.status;

// Options may be left out by `undefined`, as a condition gives it.
const some = Math.random() > 0.5 ? 1 : undefined;
const yes = some === 1 ? true : undefined;
new CbResponseAPI({ cache: { max: some, ttl: some }, routes: { bannedHashes: undefined } });
new CbResponseAPI({ cache: undefined, routes: undefined });
await cb.select(Process, "x", { refresh: yes });
await query.all({ limit: some });
await proc.walkParents(() => {}, { maxDepth: some });
proc.tree({ maxDepth: some, maxNodes: some, concurrency: some });
await query.facets("hostname", some === 1 ? { timeout: 5 } : undefined);
// What `dryRun` gives is known only when that is.
const tried = await watchlist.save({ dryRun: yes, verify: yes });
const planned: WritePlan | Watchlist | undefined = tried;
// @ts-expect-error it may have been saved
planned?.requests;
// @ts-expect-error it may have been tried
tried.name;
text((await watchlist.save({ verify: yes })).name ?? "");

// The options of calls.
const controller = new AbortController();
await proc.load({ signal: controller.signal, timeout: 5000 });
// @ts-expect-error the signal of the controller
await proc.load({ signal: controller });
// @ts-expect-error milliseconds are a number
await proc.refresh({ timeout: "5s" });
// @ts-expect-error mistyped
await query.count({ timeOut: 5000 });
// @ts-expect-error a ban is verified in another way
await cb.select(Binary, "x").ban({ verify: true });
// @ts-expect-error isolation always waits
await (await proc.sensor).isolate({ wait: false });
// @ts-expect-error a visitor gets the process first
await proc.walkParents((depth: number) => depth);

// Errors are told apart by their class and its fields.
try {
  await proc.load();
} catch (error) {
  // @ts-expect-error not known yet
  error.code;
  if (error instanceof TimeoutError && error.phase === "connect") number(error.timeout ?? 0);
  // @ts-expect-error no such phase
  if (error instanceof TimeoutError && error.phase === "dns") throw error;
  // @ts-expect-error no such reason
  if (error instanceof ConnectionError && error.kind === "connect") throw error;
  // @ts-expect-error what happened stays so
  if (error instanceof ConnectionError) error.retryable = true;
}
