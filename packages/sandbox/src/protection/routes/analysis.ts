import { sql } from "../../query/index.js";
import { HttpProblem, type Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { eventOf } from "../data/activity.js";
import {
  CONNECTOR,
  type ConnectorRecord,
  FILE_ANALYSIS,
  FILE_CATALOG,
  type FileAnalysisRecord,
  NOTIFICATION,
  PENDING_ANALYSIS,
  recordsOf,
  UNFINISHED,
} from "../objects/index.js";
import { requireFields, requireFreeName } from "./changes.js";
import { downloadOf } from "./download.js";
import { bestInstance } from "./files.js";
import { kindRoutes, type Write } from "./kind-routes.js";

/** The statuses of an analysis that is over. */
const ANALYZED = 3;
const FAILED = 4;
const CANCELLED = 5;
const MALICIOUS = 3;
/** An agent has sent the file to be analysed after so many ticks; a connector of the server's own has a result after so many. */
const UPLOAD = 2;
const OWN_RESULT = 4;
/** So many pending analyses come at a time where a connector asks for its own. */
const USUAL_COUNT = 10;

/** Connectors, what they are to analyse, and what they tell. */
export function analysisRoutes(context: ProtectionContext): Route[] {
  return [
    ...connectorRoutes(context),
    ...fileAnalysisRoutes(context),
    ...pendingAnalysisRoutes(context),
    ...notificationRoutes(context),
  ];
}

function connectorRoutes(context: ProtectionContext): Route[] {
  const connectors = recordsOf(context.store, CONNECTOR);
  const analyses = recordsOf(context.store, FILE_ANALYSIS);
  const external = (connector: ConnectorRecord): void => {
    if (connector.isInternal === true) throw new HttpProblem(403, `Connector ${connector.id} is internal`);
  };
  const clear = (connector: ConnectorRecord, { parameters }: Write): void => {
    external(connector);
    if (parameters.flag("deleteData") === false) return;
    for (const each of analyses.all()) if (each.connectorId === connector.id) analyses.remove(each.id);
  };
  return kindRoutes(context, {
    kind: CONNECTOR,
    write: ["Extend connectors through API"],
    writing: ["unregister", "deleteData"],
    find: ({ name }) =>
      connectors.all().find((each) => (each.name ?? "").toLowerCase() === (name ?? "").trim().toLowerCase()),
    create(changes) {
      requireFields(changes, "name", "analysisName", "connectorVersion", "canAnalyze", "enabled", "analysisEnabled");
      return { isInternal: false, analysisTargets: [], ...changes };
    },
    instead(connector, write) {
      if (write.parameters.flag("unregister") !== true) return undefined;
      if (connector === undefined) throw new HttpProblem(404, "There is no connector of this name");
      clear(connector, write);
      connectors.remove(connector.id);
      return { status: 200, body: connector };
    },
    change(before, changes) {
      external(before);
      const after = { ...before, ...changes };
      requireFreeName(connectors.all(), after, "connector");
      return after;
    },
    remove(record, write) {
      clear(record, write);
      return undefined;
    },
  });
}

function fileAnalysisRoutes(context: ProtectionContext): Route[] {
  const { store, tasks } = context;
  const connectors = recordsOf(store, CONNECTOR);
  const files = recordsOf(store, FILE_CATALOG);
  return kindRoutes(context, {
    kind: FILE_ANALYSIS,
    write: ["Submit files for analysis"],
    create(changes) {
      const connector = connectors.get(changes.connectorId ?? 0);
      if (connector === undefined) throw new HttpProblem(400, "Missing fields: connectorId");
      if (connector.canAnalyze !== true || connector.analysisEnabled !== true || connector.enabled !== true) {
        throw new HttpProblem(400, `Connector ${connector.id} does not analyse files now`);
      }
      const target = changes.analysisTarget ?? "";
      const targets = (connector.analysisTargets ?? []) as unknown[];
      if (target === "" ? targets.length > 0 : !targets.includes(target)) {
        throw new HttpProblem(400, `analysisTarget must be one of ${targets.join(", ") || "(none)"}`);
      }
      const instance = bestInstance(context, changes.fileCatalogId, changes.computerId);
      const file = files.get(changes.fileCatalogId ?? 0);
      const made: Omit<FileAnalysisRecord, "id"> = {
        ...{ priority: 0, ...changes, computerId: instance.computerId ?? 0, analysisStatus: 0, analysisResult: 0 },
        ...{ fileName: instance.fileName ?? "", pathName: instance.pathName ?? "", analysisTarget: target },
        ...{ uploaded: false, uploadPath: "", uploadedFileSize: 0, analysisError: "" },
        ...{ md5: file?.md5 ?? "", sha1: file?.sha1 ?? "", sha256: file?.sha256 ?? "" },
      };
      return made;
    },
    change(before, { priority, analysisStatus }) {
      const after = { ...before, priority: priority ?? before.priority ?? 0 };
      if (analysisStatus === undefined || analysisStatus === null || analysisStatus === before.analysisStatus)
        return after;
      if (analysisStatus !== CANCELLED || !UNFINISHED.includes(before.analysisStatus)) {
        throw new HttpProblem(400, `analysisStatus cannot go from ${before.analysisStatus ?? 0} to ${analysisStatus}`);
      }
      tasks.withdraw("protection_fileAnalysis", before.id);
      return { ...after, analysisStatus };
    },
    written(after, before) {
      if (after === undefined || before !== undefined) return;
      const file = files.get(after.fileCatalogId ?? 0);
      tasks.after(UPLOAD, after.computerId ?? 0, "protection_fileAnalysis", after.id, {
        ...{ uploaded: true, uploadPath: `\\\\files\\uploads\\a${after.id}.zip` },
        uploadedFileSize: file?.fileSize ?? 0,
      });
      if (connectors.get(after.connectorId ?? 0)?.isInternal !== true) return;
      const threat = file?.threat ?? -1;
      const analysisResult = threat >= 100 ? MALICIOUS : threat >= 50 ? 2 : 1;
      tasks.after(OWN_RESULT, 0, "protection_fileAnalysis", after.id, { analysisStatus: ANALYZED, analysisResult });
    },
  });
}

function pendingAnalysisRoutes(context: ProtectionContext): Route[] {
  const { tasks } = context;
  return kindRoutes(context, {
    kind: PENDING_ANALYSIS,
    write: [],
    putWithoutId: true,
    reading: ["connectorId", "maxCount"],
    listing(parameters) {
      const connector = parameters.integer("connectorId", 0);
      if (connector === undefined) return {};
      return {
        only: sql`json_extract(o.record, '$.connectorId') = ${connector}`,
        limit: parameters.integer("maxCount", 1) ?? USUAL_COUNT,
        order: "json_extract(o.record, '$.priority') DESC, o.key",
      };
    },
    change(before, changes) {
      requireUnfinished(before);
      const after = { ...before, ...changes };
      const status = after.analysisStatus ?? 0;
      if (status === 0 && before.analysisStatus !== 0) {
        throw new HttpProblem(400, `analysisStatus cannot go from ${before.analysisStatus ?? 0} to 0`);
      }
      if ((changes.analysisResult ?? 0) !== 0 && status !== ANALYZED) {
        throw new HttpProblem(400, "analysisResult is written together with analysisStatus 3");
      }
      if ((changes.analysisError ?? "") !== "" && status !== FAILED) {
        throw new HttpProblem(400, "analysisError is written together with analysisStatus 4");
      }
      if (!UNFINISHED.includes(status)) tasks.withdraw("protection_fileAnalysis", before.id);
      return after;
    },
    download(record) {
      if (record.uploaded !== true) throw new HttpProblem(404, `The file of analysis ${record.id} is not there yet`);
      return downloadOf(context, record);
    },
  });
}

function requireUnfinished({ id, analysisStatus }: { id: number; analysisStatus?: number | null }): void {
  if (UNFINISHED.includes(analysisStatus)) return;
  throw new HttpProblem(400, `Analysis ${id} is over: its status is ${analysisStatus ?? 0}`);
}

function notificationRoutes(context: ProtectionContext): Route[] {
  const { store, tasks } = context;
  const analyses = recordsOf(store, FILE_ANALYSIS);
  const events = store.collection("protection_event");
  return kindRoutes(context, {
    kind: NOTIFICATION,
    readable: false,
    write: [],
    create(changes) {
      requireFields(changes, "analysisResult");
      const id = changes.fileAnalysisId ?? 0;
      if (id === 0) return changes;
      const analysis = analyses.get(id);
      if (analysis === undefined) throw new HttpProblem(404, `There is no fileAnalysis ${id}`);
      requireUnfinished(analysis);
      return { ...changes, connectorId: changes.connectorId ?? analysis.connectorId ?? 0 };
    },
    written(after, _, write) {
      if (after === undefined) return;
      const { fileAnalysisId, analysisResult = 0 } = after;
      const analysis = analyses.get(fileAnalysisId ?? 0);
      if (analysis !== undefined) {
        tasks.withdraw("protection_fileAnalysis", analysis.id);
        const over = { analysisStatus: ANALYZED, analysisResult, dateModified: write.now };
        analyses.put(analysis.id, { ...analysis, ...over });
      }
      if (analysisResult !== MALICIOUS) return;
      const file = recordsOf(store, FILE_CATALOG).get(analysis?.fileCatalogId ?? 0);
      const id = events.nextKey();
      const more = { indicatorName: after.malwareName ?? "", userName: write.username };
      events.put(id, { id, ...eventOf("malicious", write.now, { ...(file === undefined ? {} : { file }), more }) });
    },
  });
}
