// What the public types of App Control's queries promise, checked by the compiler: this file is never run.
import {
  allBits,
  CbProtectionAPI,
  Computer,
  DriftReport,
  FileCatalog,
  FileInstance,
  type Group,
  Q,
  type Ref,
  range,
  raw,
  wildcard,
} from "../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbProtectionAPI();

// Terms name the fields of the model, and those of the objects whose ids it holds.
cb.select(Computer).where({ name: wildcard("CORP*"), policyId: [5, 7], deleted: false, lastPollDate: raw("-7d") });
cb.select(Computer)
  .where({ syncFlags: allBits(0x10), daysOffline: range(30, undefined) })
  .and("name:CORP*");
cb.select(FileInstance).where({ fileCatalogId_threat: [50, 100], computerId_name: "PC-1" });
cb.select(Computer).where(Q({ anything: 1 }).not()).where`name:${"x"}`;
// @ts-expect-error a computer has no such field
cb.select(Computer).where({ hostname: "PC-1" });
// @ts-expect-error nor an id that leads to a file
cb.select(Computer).where({ fileCatalogId_sha256: "ab" });
// @ts-expect-error an object is no value
cb.select(Computer).where({ name: { is: "x" } });
// What is not declared can be asked for where the server has more than is known.
cb.select(DriftReport).where({ whatever: 1 });

// The name of who signed a file is a field of the server's, though the model has it for the object.
cb.select(FileCatalog).where({ publisher: "Contoso", publisherId: 5 });
void cb.select(FileCatalog).groupBy("publisher");
// @ts-expect-error a file has no such field
cb.select(FileCatalog).where({ publishers: "Contoso" });

cb.select(FileInstance).expand("fileCatalogId", "computerId");
// @ts-expect-error a name leads to no object
cb.select(FileInstance).expand("fileName");

// Groups have the type of their field.
type Groups<G> = G extends Promise<infer R> ? R : never;
const byPolicy = () => cb.select(Computer).groupBy("policyId", { by: "count", descending: true });
is<Equal<Groups<ReturnType<typeof byPolicy>>[number]["value"], number | undefined>>();
const byDate = () => cb.select(Computer).groupBy("dateCreated", { subgroup: "policyName" });
is<Equal<Groups<ReturnType<typeof byDate>>, Group<Date, string>[]>>();
// @ts-expect-error groups are ordered by their values or by their counts
void cb.select(Computer).groupBy("policyId", { by: "name" });
// @ts-expect-error there is no such field
void cb.select(Computer).groupBy("nope");

is<Equal<ReturnType<typeof first>, Ref<Computer | undefined>>>();
const first = () => cb.select(Computer).first();

// @ts-expect-error servers count from 0 or from 1
new CbProtectionAPI({ offsetBase: 2 });
