// What objects of App Control read as, take and lead to, checked by the compiler: this file is never run.
import { CbProtectionAPI } from "../client.js";
import { Connector } from "./analysis/connector.js";
import { Notification } from "./analysis/notification.js";
import type { PendingAnalysis } from "./analysis/pending-analysis.js";
import { ApprovalRequest } from "./approvals/approval-request.js";
import { Certificate } from "./approvals/certificate.js";
import { TrustedDirectory } from "./approvals/trusted-directory.js";
import { Computer } from "./computers/computer.js";
import { Event } from "./events/event.js";
import { FileInstance } from "./files/file-instance.js";
import { FileRule } from "./files/file-rule.js";
import { FileUpload } from "./files/file-upload.js";
import { flagNames, SyncFlag } from "./flags.js";
import { AnalysisResult, ApprovalStatus, FileState } from "./names.js";
import { Policy } from "./policies/policy.js";
import { ServerPerformance } from "./server/server-performance.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const p = new CbProtectionAPI();
const instance = await p.select(FileInstance).one();
const computer = await instance.computer;

// Joins give the object, or nothing, and are gone through before they are loaded.
is<Equal<typeof computer, Computer | undefined>>();
const name = await instance.computer.policy.name;
is<Equal<typeof name, string | undefined>>();
const above = await p.select(Certificate, 1).parent.parent.publisher.name;
is<Equal<typeof above, string | undefined>>();
const template = await p.select(Computer, 1).templateComputer;
is<Equal<typeof template, Computer | undefined>>();
p.select(FileInstance).include("computer.policy", "fileCatalog.publisher");
// @ts-expect-error no such join
p.select(FileInstance).include("machine");

// A code reads as any number, of which some are known.
is<Equal<typeof instance.localState, 1 | 2 | 3 | (number & {}) | undefined>>();
const state: FileState | undefined = (await p.select(FileRule, 1)).fileState;
if (state === FileState.Banned) console.log(state);
const words: readonly string[] = flagNames(SyncFlag, computer?.syncFlags);
console.log(words);

// It is set to those that the server takes.
instance.set({ localState: 2 });
// @ts-expect-error the server bans by rules
instance.set({ localState: 3 });
// @ts-expect-error 35 is a state of computers
p.create(Policy, { name: "Lab", enforcementLevel: 35 });
const request = await p.select(ApprovalRequest, 3);
request.set({ status: ApprovalStatus.Closed, resolution: 2 });
// @ts-expect-error it never goes back
request.set({ status: ApprovalStatus.Submitted });
// @ts-expect-error the user's
request.set({ requestorComments: "x" });

// What the server owns is not set; joins take an object or its id.
const own = await p.select(Computer, 7);
own.set({ policy: 3, tamperProtectionActive: false }).set({ policy: p.select(Policy, 3) });
own.policy = await p.select(Policy, 3);
// @ts-expect-error the server's
own.ipAddress = "10.0.0.1";
// @ts-expect-error a computer is no policy
own.set({ policy: own });
// @ts-expect-error no such field
own.set({ polcyId: 3 });
// @ts-expect-error nothing of an event can be set
(await p.select(Event, 1)).set({ description: "x" });

p.create(FileRule, { hash: "a", policyIds: [3, 5], description: null });
p.create(FileRule, { hash: "a", policyIds: "3,5" });
// @ts-expect-error ids are numbers
p.create(FileRule, { policyIds: ["3"] });
p.create(TrustedDirectory, { description: "Builds", path: "\\\\nas", enabled: true });
p.create(Notification, { analysisResult: AnalysisResult.Clean, files: [{ fileName: "a.dll" }] });
// @ts-expect-error no such result
p.create(Notification, { analysisResult: 9 });

// Queries, files and calls by the key alone.
p.select(ServerPerformance).period(48).where({ connectedAgents: 5 });
await p.select(Computer, 7).resetCLIPassword();
const password: string = await p.select(Computer, 7).waitForCLIPassword({ timeout: 1000 });
console.log(password);
const bytes: Buffer = await p.select(FileUpload, 4).file.read();
console.log(bytes);
const [pending] = await p.select(Connector, 5).nextAnalyses({ maxCount: 3 });
is<Equal<typeof pending, PendingAnalysis | undefined>>();
await p.select(Connector, 5).delete({ deleteData: false });
pending?.createNotification({ analysisResult: 3, malwareName: "x" });
