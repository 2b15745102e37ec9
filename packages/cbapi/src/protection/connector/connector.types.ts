// What a connector's run takes and gives, checked by the compiler: this file is never run.
import { CbProtectionAPI } from "../client.js";
import { Connector } from "../models/analysis/connector.js";
import { AnalysisResult, AnalysisStatus } from "../models/names.js";
import type { AnalysisOutcome, ConnectorStatistics } from "./types.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

const cb = new CbProtectionAPI();
const registered = await Connector.register(cb, { name: "Lab", connectorVersion: "1.0" });
is<Equal<typeof registered, Connector>>();
const plan = await Connector.register(cb, { name: "Lab", connectorVersion: "1.0" }, { dryRun: true });
console.log(plan?.requests);
// @ts-expect-error the version is wanted
await Connector.register(cb, { name: "Lab" });

// Outcomes of one function may be of different kinds.
const done = await registered.run({
  analyse: async (pending, { file, reportProgress, attempt }) => {
    await reportProgress(AnalysisStatus.Submitted);
    // @ts-expect-error an end is no progress
    await reportProgress(AnalysisStatus.Analyzed);
    if (attempt > 2) return { cancel: "enough" };
    if (pending.uploaded !== true) return { defer: "uploaded" };
    const first = await file.read(2);
    const result = first.toString() === "MZ" ? AnalysisResult.Malicious : AnalysisResult.Clean;
    return { result, malwareName: "x", files: [{ fileName: "dropped.dll" }] };
  },
  onResult(report) {
    if (report.outcome === "failed") console.log(report.error.message);
    // @ts-expect-error only an analysis that was done has a result
    console.log(report.result);
  },
});
is<Equal<typeof done, ConnectorStatistics>>();
const alsoThroughRef: ConnectorStatistics = await cb
  .select(Connector, 5)
  .run({ analyse: () => ({ result: AnalysisResult.Clean }) });
console.log(alsoThroughRef);

// @ts-expect-error no such result
export const noResult: AnalysisOutcome = { result: 9 };
// @ts-expect-error the run names the analysis by itself
export const otherAnalysis: AnalysisOutcome = { result: 1, fileAnalysisId: 3 };
// @ts-expect-error what to wait for
export const someday: AnalysisOutcome = { defer: "someday" };
// @ts-expect-error analyse is wanted
await registered.run({ interval: 1000 });
