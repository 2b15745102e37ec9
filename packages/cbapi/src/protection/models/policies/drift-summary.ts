import { CALL, checkCall } from "../../../core/call-options.js";
import { ClientError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { Completeness, type Key } from "../../../core/model/document.js";
import { withMessage } from "../../../core/model/fresh-error.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model, type ModelClass } from "../../../core/model/model.js";
import { sharedFrom } from "../../../core/model/ref-source.js";
import type { Terms } from "../../../core/query/terms.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { Group, ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { FileCatalog } from "../files/file-catalog.js";
import { fetchByIds } from "../many.js";
import type { DriftReport } from "./drift-report.js";
import type { DriftReportContents } from "./drift-report-contents.js";

/** A computer that has drifted. */
export interface DriftedComputer {
  /** `undefined` for rows that name no computer. */
  readonly computerId: number | undefined;
  /** Its name, policy and the rest; `undefined` when the server has none of that id. */
  readonly computer: Computer | undefined;
  /** How many rows are about it. */
  readonly count: number;
}

/** A file by which computers have drifted. */
export interface DriftedFile {
  /** `undefined` for rows that name no file of the catalogue. */
  readonly fileCatalogId: number | undefined;
  /** What the catalogue has of it; `undefined` when it has none of that id. */
  readonly file: FileCatalog | undefined;
  /** How many rows are about it. */
  readonly count: number;
}

/** What a drift report says, counted. */
export interface DriftSummary {
  /** How many rows it has. */
  readonly count: number;
  /** Those with most rows first. */
  readonly computers: readonly DriftedComputer[];
  /** Those with most rows first. */
  readonly files: readonly DriftedFile[];
  /** Why the counts do not add up; empty when they do. */
  readonly reasons: readonly string[];
}

/** How a drift report is counted. */
export interface DriftSummaryOptions extends CallOptions {
  /** How many computers, and how many files, at most; all of them by default. */
  readonly top?: number | undefined;
}

/** Counts the rows of a report on the server, and reads the computers and files that it names, many at a time. */
export async function summaryOf(report: DriftReport, options: DriftSummaryOptions): Promise<DriftSummary> {
  checkCall("summary()", options, ["top", ...CALL]);
  const { top = 0, signal, timeout } = options;
  if (options.top !== undefined && (!Number.isInteger(top) || top < 1)) {
    throw invalidArgument(`summary: top is a whole number from 1 on, got ${top}`);
  }
  const call = { signal, timeout };
  const { client } = Model.stateOf(report);
  const rows = report.contents;
  const count = await rows.count(call);
  const byComputer = await counted(rows, "computerId", top, call);
  const byFile = await counted(rows, "fileCatalogId", top, call);
  const computers = await named(client, Computer, byComputer, call);
  const files = await named(client, FileCatalog, byFile, call);
  const reasons = (["computerId", "fileCatalogId"] as const).flatMap((field, index) => {
    const sum = [byComputer, byFile][index]?.reduce((all, group) => all + group.count, 0) ?? 0;
    const isCut = top > 0 && [byComputer, byFile][index]?.length === top;
    if (sum === count || (isCut && sum < count)) return [];
    return [`the report had ${count} rows, and ${sum} when they were counted by ${field}: it changed meanwhile`];
  });
  return {
    ...{ count, reasons },
    computers: byComputer.map(({ id, count: own }) => ({ computerId: id, computer: computers.get(id), count: own })),
    files: byFile.map(({ id, count: own }) => ({ fileCatalogId: id, file: files.get(id), count: own })),
  };
}

/** How many rows there are for each id. */
interface Counted {
  readonly id: number | undefined;
  readonly count: number;
}

async function counted(
  rows: ProtectionQuery<DriftReportContents, Terms>,
  field: string,
  limit: number,
  call: CallOptions,
): Promise<Counted[]> {
  let groups: Group[];
  try {
    groups = await rows.groupBy(field, { by: "count", descending: true, limit, ...call });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw withMessage(
      error,
      `What fields the rows of drift reports have is not documented: if the server has no ${field}, one of them shows what it has ` +
        "(report.contents.first()), and report.contents.groupBy() counts by it",
    );
  }
  // Rows without one say 0, null or nothing.
  const byId = new Map<number | undefined, number>();
  for (const { value, count } of groups) {
    const id = Number(value) > 0 ? Number(value) : undefined;
    byId.set(id, (byId.get(id) ?? 0) + count);
  }
  return Array.from(byId, ([id, count]) => ({ id, count })).sort((a, b) => b.count - a.count);
}

/** The objects with these ids, as they are now. */
async function named<C extends ModelClass>(
  client: ModelHost,
  cls: C,
  groups: readonly Counted[],
  call: CallOptions,
): Promise<Map<Key | undefined, InstanceType<C>>> {
  const ids = groups.flatMap(({ id }) => id ?? []);
  const asked = client.identityMap.moment();
  const found = await fetchByIds(client, cls, ids, call);
  return new Map(
    Array.from(found, ([id, { document }]) => {
      const entry = client.identityMap.seed(cls, id, document, Completeness.full, undefined, asked);
      return [id, sharedFrom(client, cls, id, entry) as InstanceType<C>] as const;
    }),
  );
}
