import { ApiError } from "../../../core/errors.js";
import type { Key } from "../../../core/model/document.js";
import { Completeness, type Document, type Fetched } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { asDocument, type ModelClass } from "../../../core/model/model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { isDocument } from "../../events/joins.js";
import { connected, type EdrHost } from "../../host.js";
import { splitProcessId } from "../../process-guid.js";
import { documentsOf } from "../answers.js";

/** What comes with a process's own document. */
export interface Family {
  readonly parent: Document | undefined;
  readonly children: readonly Document[];
  /** How many children were asked for. */
  readonly asked: number;
  readonly siblings: readonly Document[];
}

/** How many children the server gives when it is not told. */
export const DEFAULT_CHILDREN = 15;

/** The most siblings that a summary holds. */
export const MAX_SIBLINGS = 15;

/** The most children that one summary is asked for: beyond it, servers fall back to their own number. */
const MAX_CHILDREN = 1000;

/** The segment that stands for the whole process: 0 merges them all, and a 5.x server begins with 1. */
function defaultSegment(cb: EdrHost): number {
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
  const document = "process" in answer ? asDocument(answer["process"], "Process", key) : answer;
  const family: Family = {
    parent: hasId(answer["parent"]) ? answer["parent"] : undefined,
    children: documentsOf(answer["children"]),
    asked: children,
    siblings: documentsOf(answer["siblings"]),
  };
  if (family.parent !== undefined) seed(client, processClass, family.parent, knownBy(family.parent));
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

/** What a process is looked at for first. A document that has these names, even empty, was meant as a whole row. */
const ROW_FIELDS = ["process_name", "path", "cmdline", "start", "process_pid"] as const;

/**
 * How well a document that came with something else makes its process known. Reading a field never asks the server, so
 * a mere reference must not pass for a row: awaiting it would give an object with holes.
 */
export function knownBy(document: Document): Completeness {
  // Of a process that the sensor did not know, the server has no more than this.
  if (Number(document["process_pid"] ?? 0) === -1) return Completeness.row;
  return ROW_FIELDS.every((name) => name in document) ? Completeness.row : Completeness.partial;
}

function hasId(value: unknown): value is Document {
  return isDocument(value) && ("id" in value || "unique_id" in value);
}
