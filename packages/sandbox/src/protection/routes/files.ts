import { HttpProblem, type Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import {
  connectedAt,
  FILE_CATALOG,
  FILE_INSTANCE,
  FILE_UPLOAD,
  type FileInstanceRecord,
  recordsOf,
  stored,
} from "../objects/index.js";
import { requireFields } from "./changes.js";
import { downloadOf } from "./download.js";
import { kindRoutes } from "./kind-routes.js";

/** The statuses of an upload: it is going on, it is there, it was given up, it was deleted. */
const GOING_ON: readonly unknown[] = [0, 1, 2];
export const UPLOADED = 3;
const CANCELLED = 5;
const DELETED = 6;

/** Instances of files, and uploads of them. */
export function fileRoutes(context: ProtectionContext): Route[] {
  const { tasks } = context;
  return [
    ...kindRoutes(context, {
      kind: FILE_INSTANCE,
      write: ["Change local state"],
      // The object keeps its state until the agent reports.
      change(before, { localState }) {
        if (localState === undefined || localState === null) return before;
        // What was asked last counts; to ask for what is there already takes an earlier wish back.
        tasks.withdraw("protection_fileInstance", before.id);
        if (localState !== before.localState) {
          const detailedLocalState = localState === 2 ? 4 : 2;
          tasks.atCheckin(before.computerId ?? 0, "protection_fileInstance", before.id, {
            localState,
            detailedLocalState,
          });
        }
        return before;
      },
    }),
    ...kindRoutes(context, {
      kind: FILE_UPLOAD,
      write: ["Manage uploads of inventoried files"],
      create(changes) {
        const instance = bestInstance(context, changes.fileCatalogId, changes.computerId);
        return {
          ...{ priority: 0, ...changes, computerId: instance.computerId ?? 0, uploadStatus: 0, uploadPath: "" },
          ...{ fileName: instance.fileName ?? "", pathName: instance.pathName ?? "", uploadedFileSize: 0 },
        };
      },
      change(before, { priority, uploadStatus }) {
        const after = { ...before, priority: priority ?? before.priority ?? 0 };
        if (uploadStatus === undefined || uploadStatus === null || uploadStatus === before.uploadStatus) return after;
        const cancelled = uploadStatus === CANCELLED && GOING_ON.includes(before.uploadStatus);
        if (!cancelled && uploadStatus !== DELETED) {
          throw new HttpProblem(400, `uploadStatus cannot go from ${before.uploadStatus ?? 0} to ${uploadStatus}`);
        }
        tasks.withdraw("protection_fileUpload", before.id);
        return { ...after, uploadStatus, uploadedFileSize: 0 };
      },
      written(after, before) {
        if (after === undefined || before !== undefined) return;
        const file = recordsOf(context.store, FILE_CATALOG).get(after.fileCatalogId ?? 0);
        tasks.atCheckin(after.computerId ?? 0, "protection_fileUpload", after.id, {
          ...{ uploadStatus: UPLOADED, uploadPath: `\\\\files\\uploads\\${after.id}.zip` },
          uploadedFileSize: file?.fileSize ?? 0,
        });
      },
      download(record) {
        if (record.uploadStatus === DELETED) throw new HttpProblem(404, `The file of upload ${record.id} was deleted`);
        if (record.uploadStatus !== UPLOADED)
          throw new HttpProblem(400, `The file of upload ${record.id} is not there yet`);
        return downloadOf(context, record);
      },
    }),
  ];
}

/** The instance that a file is taken from: on that computer, or on one that is switched on. */
export function bestInstance(
  { store }: ProtectionContext,
  fileCatalogId: number | null | undefined,
  computerId: number | null | undefined,
): FileInstanceRecord {
  requireFields({ fileCatalogId: fileCatalogId === 0 ? undefined : fileCatalogId }, "fileCatalogId");
  const row = store.database.first<{ record: string }>(
    `SELECT o.record FROM object o LEFT JOIN object c ON c.kind = 'protection_computer' AND c.key = ${stored("o", "computerId")}
     WHERE o.kind = '${FILE_INSTANCE.kept}' AND ${stored("o", "fileCatalogId")} = ? AND (? = 0 OR ${stored("o", "computerId")} = ?)
     ORDER BY ${connectedAt("c").sql} DESC, o.key LIMIT 1`,
    [fileCatalogId ?? 0, computerId ?? 0, computerId ?? 0],
  );
  if (row !== undefined) return JSON.parse(row.record) as FileInstanceRecord;
  const where = (computerId ?? 0) === 0 ? "no computer has" : `computer ${computerId ?? 0} does not have`;
  throw new HttpProblem(400, `fileCatalogId: ${where} file ${fileCatalogId ?? 0}`);
}
