import { expect, it } from "vitest";
import { CbApiError } from "../../../core/errors.js";
import { edrServer } from "../../../test-support/edr-server.js";
import { ProcessNode } from "./node.js";
import { Process } from "./process.js";
import { TreeLog } from "./tree-report.js";

it("the report of a walk counts what its lists do not hold", async () => {
  const { cb } = await edrServer({});
  const id = (i: number) => `00000001-0000-0500-01d3-8bc595148${String(i).padStart(3, "0")}`;
  const log = new TreeLog(2);
  for (let i = 0; i < 5; i++) {
    const process = new Process({ client: cb, key: id(i), document: { id: id(i) } });
    const place = { process, depth: 1, parent: undefined, repeated: false, cycle: false };
    log.add(new ProcessNode(place, { stub: true }));
    log.add(new ProcessNode(place, { failed: new CbApiError(`no ${i}`) }));
    log.add(new ProcessNode(place, { truncated: [{ by: "server", missing: 2 }] }));
    log.add(new ProcessNode(place, { truncated: [{ by: "maxDepth", missing: undefined }] }));
  }
  log.finish();
  const report = log.snapshot();
  expect(report).toMatchObject({ visited: 20, missingChildren: 10, complete: false, stubs: [id(0), id(1)] });
  expect([report.failed.length, report.truncated.length]).toEqual([2, 2]);
  expect(report.reasons).toEqual([
    "the server no longer has 5 processes: what they started is not known",
    "the children of 5 processes could not be read, first: no 0",
    "10 children of 5 processes are missing: the server gives no more of them",
    "the walk ended at its maxDepth: 5 processes may have more children",
  ]);
});
