// What changes of many objects of App Control take and give, checked by the compiler: this file is never run.
import {
  type ApprovalDecision,
  ApprovalRequest,
  type ApprovalRequestQuery,
  ApprovalResolution,
  type BulkNote,
  type BulkOperation,
  CbProtectionAPI,
  Computer,
  type ComputerQuery,
  FileInstance,
  FileState,
  Policy,
  type WritePlan,
} from "../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbProtectionAPI();

// A search keeps its own operations however it is narrowed, and those of a policy's computers have them.
const computers = cb.select(Computer).where({ deleted: false }).sort("name").batchSize(50);
is<Equal<typeof computers, ComputerQuery>>();
const inPolicy = (await Policy.byName(cb, "Lab")).computers;
is<Equal<typeof inPolicy, ComputerQuery>>();
const requests = cb.select(ApprovalRequest).include("fileCatalog");
is<Equal<typeof requests, ApprovalRequestQuery>>();

// A policy is named by itself, by a Ref, by its id or by its name.
const move = computers.moveTo("Lab", { verify: true, timeout: 60_000 });
is<Equal<typeof move, BulkOperation<number>>>();
void computers.moveTo(3);
void computers.moveTo(cb.select(Policy, 3));
void computers.moveTo(Policy.byName(cb, "Lab"));
// @ts-expect-error a computer is no policy
void computers.moveTo(await cb.select(Computer, 3));
// @ts-expect-error what goes to run()
void computers.moveTo(3, { signal: new AbortController().signal });
// @ts-expect-error plan() shows it
void computers.moveTo(3, { dryRun: true });
const { notes } = await move.plan();
is<Equal<typeof notes, readonly BulkNote<number>[]>>();

void computers.setDiagnostics({ debugLevel: 3, ccLevel: 2 });
// @ts-expect-error no such level
void computers.setDiagnostics({ ccLevel: "full" });
// @ts-expect-error no diagnostics
void computers.setDiagnostics({ template: true });
// @ts-expect-error it is said which way
void computers.setTamperProtection();

// One object gives itself, or what would be sent.
const computer = await cb.select(Computer, 7).moveTo(3);
is<Equal<typeof computer, Computer>>();
const plan = await cb.select(Computer, 7).moveTo("Lab", { dryRun: true });
is<Equal<typeof plan, WritePlan | undefined>>();
await computer.approveLocally({ minutes: 10, onWait: ({ left }) => console.log(left) });
await computer.becomeTemplate({ name: "DOMAIN\\IMAGE", templateCloneCleanupMode: 4 });
const tried = await cb.select(Computer, 7).becomeTemplate({ name: "X" }, { dryRun: true });
is<Equal<typeof tried, WritePlan | undefined>>();
const same = await cb.select(Computer, 7).becomeTemplate();
is<Equal<typeof same, Computer>>();
// @ts-expect-error it is said which way
await cb.select(Computer, 7).setTamperProtection();
// @ts-expect-error no such option
await cb.select(Computer, 7).moveTo(3, { verfy: true });
// @ts-expect-error it becomes one anyhow
await computer.becomeTemplate({ template: true });
const instance = await cb.select(FileInstance, 3).approve({ verify: true });
is<Equal<typeof instance, FileInstance>>();

// Decisions.
const decision: ApprovalDecision = { resolution: ApprovalResolution.Approved, resolutionComments: "ok" };
void requests.resolve(decision);
void requests.resolve(async (request) => {
  is<Equal<typeof request, ApprovalRequest>>();
  const trust = await request.fileCatalog.trust;
  if ((trust ?? 0) < 7) return undefined;
  return { resolution: 2, rule: { fileState: FileState.Approved, policies: [3, 5], by: "hash" } };
});
void requests.resolve({ resolution: 3, rule: { fileState: 2, policies: "request" }, overrule: true });
void requests.resolve({ resolution: 3, rule: { fileState: 3, policies: cb.select(Policy, 3) } });
// @ts-expect-error that is no resolution
void requests.resolve({ resolution: ApprovalResolution.NotResolved });
// @ts-expect-error it is said where
void requests.resolve({ resolution: 2, rule: { fileState: 2 } });
// @ts-expect-error a rule approves or bans
void requests.resolve({ resolution: 2, rule: { fileState: FileState.Unapproved, policies: "everywhere" } });
// @ts-expect-error no such place
void requests.resolve({ resolution: 2, rule: { fileState: 2, policies: "all" } });
const resolved = await cb.select(ApprovalRequest, 7).resolve(decision);
is<Equal<typeof resolved, ApprovalRequest>>();
const tryIt = await cb.select(ApprovalRequest, 7).resolve(decision, { dryRun: true });
is<Equal<typeof tryIt, WritePlan | undefined>>();
