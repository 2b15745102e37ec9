import { ApiError } from "../../core/errors.js";
import { Completeness, type Document, type Fetched, type ModelHost } from "../../core/model/document.js";
import { asDocument, type ModelClass } from "../../core/model/model.js";
import type { Key } from "../../core/model/relations.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type CbResponseAPI, connected } from "../client.js";
import { splitProcessId } from "../process-guid.js";

/** What comes with a process's own document. */
export interface Family {
  readonly parent: Document | undefined;
  readonly children: readonly Document[];
  readonly siblings: readonly Document[];
}

/** How many children the server gives when it is not told. */
export const DEFAULT_CHILDREN = 15;

/** The most children that one summary is asked for. */
const MAX_CHILDREN = 1000;

/** The segment that stands for the whole process: 0 merges them all, and a 5.x server begins with 1. */
export function defaultSegment(cb: CbResponseAPI): number {
  return cb.cb_server_version.atLeast(6, 0) ? 0 : 1;
}

/**
 * Reads a process with its parent, children and siblings: `GET /api/v1/process/{id}/{segment}?children={n}`, always of
 * the segment that stands for the whole process.
 */
export async function fetchSummary(
  client: ModelHost,
  processClass: ModelClass,
  key: Key,
  options: CallOptions & { children?: number },
): Promise<Fetched> {
  const cb = await connected(client, options);
  const split = splitProcessId(key);
  if (split === undefined) throw new ApiError(`${key} is no id of a process`);
  if (split.form === "unique-6" && !cb.cb_server_version.atLeast(6, 0)) {
    throw new ApiError(`${key} is a process id of servers from 6.0 on, and ${cb.url} runs ${cb.cb_server_version}`);
  }
  const path = `/api/v1/process/${split.id}/${defaultSegment(cb)}`;
  const children = Math.min(options.children ?? DEFAULT_CHILDREN, MAX_CHILDREN);
  const answer = asDocument(await cb.getObject(path, { children }, options), "Process", key);
  // Some servers answer the bare process.
  const document = (answer["process"] as Document | undefined) ?? answer;
  const family: Family = {
    parent: hasId(answer["parent"]) ? answer["parent"] : undefined,
    children: documentsOf(answer["children"]),
    siblings: documentsOf(answer["siblings"]),
  };
  if (family.parent !== undefined) seed(client, processClass, family.parent, Completeness.row);
  for (const relative of [...family.children, ...family.siblings])
    seed(client, processClass, relative, Completeness.partial);
  return { document, related: family };
}

function seed(client: ModelHost, processClass: ModelClass, document: Document, completeness: Completeness): void {
  const id = document["id"] ?? document["unique_id"];
  // A suppressed child has no document on the server, so nothing may lead anyone to ask for it.
  if (typeof id !== "string" || splitProcessId(id) === undefined || document["is_suppressed"] === true) return;
  client.identityMap.seed(processClass, id, document, completeness);
}

function hasId(value: unknown): value is Document {
  return typeof value === "object" && value !== null && ("id" in value || "unique_id" in value);
}

function documentsOf(value: unknown): readonly Document[] {
  return Array.isArray(value)
    ? value.filter((item): item is Document => typeof item === "object" && item !== null)
    : [];
}
