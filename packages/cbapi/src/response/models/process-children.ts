import { Completeness, type Document } from "../../core/model/document.js";
import { Model } from "../../core/model/model.js";
import type { Results } from "../../core/query/query.js";
import type { CallOptions } from "../../core/transport/types.js";
import { splitProcessId } from "../process-guid.js";
import { Process } from "./process.js";
import { DEFAULT_CHILDREN, type Family, fetchSummary, MAX_SIBLINGS } from "./process-summary.js";
import { reportOf, resultsOf } from "./results.js";

/** How one process object behaves, as its query or its parent set it. */
export interface ProcessSettings {
  readonly maxChildren?: number;
  /** A child that the sensor left out: it has no document of its own. */
  readonly suppressed?: boolean;
  /** Named by another process, and not on the server. */
  readonly stub?: boolean;
}

export function settingsOf(process: Process): ProcessSettings {
  return Model.stateOf(process).settings ?? {};
}

/** Whether the server has nothing under this process's id. */
function hasNoDocument(process: Process): boolean {
  const { suppressed, stub } = settingsOf(process);
  return suppressed === true || stub === true;
}

function familyOf(process: Process): Family | undefined {
  return Model.stateOf(process).related as Family | undefined;
}

/** Whether the summary, which has been read, names any children. */
export function hasChildren(process: Process): boolean {
  return settingsOf(process).maxChildren !== 0 && (familyOf(process)?.children.length ?? 0) > 0;
}

/** What the process's summary tells of its children, each once, with a report of those that are missing. */
export async function childDocuments(process: Process, options: CallOptions): Promise<Results<Document>> {
  const wanted = settingsOf(process).maxChildren;
  const family = wanted === 0 || hasNoDocument(process) ? undefined : await readFamily(process, wanted, options);
  const received = family === undefined ? [] : family.children.slice(0, wanted);
  const documents = distinct(received);
  const available = Math.max(received.length, family === undefined ? 0 : counted(process, family));
  const missing = Math.min(available, wanted ?? available) - received.length;
  return resultsOf(
    documents,
    reportOf({
      returned: documents.length,
      available,
      wanted,
      duplicates: received.length - documents.length,
      reasons:
        missing > 0
          ? [
              `${missing} of ${available} children are missing: the server gives no more than ${received.length} of them. Search for the others, for example by hostname and parent_name`,
            ]
          : [],
    }),
  );
}

/** The processes of the same parent, as the summary has them. */
export async function siblingDocuments(process: Process, options: CallOptions): Promise<Results<Document>> {
  await process.load(options);
  const received = familyOf(process)?.siblings ?? [];
  const documents = distinct(received).filter((document) => idOf(document) !== process.id);
  const full = received.length >= MAX_SIBLINGS;
  return resultsOf(
    documents,
    reportOf({
      returned: documents.length,
      available: full ? undefined : documents.length,
      duplicates: received.length - documents.length,
      reasons: full ? [`a summary holds ${MAX_SIBLINGS} siblings at most, so there may be more`] : [],
    }),
  );
}

/** A child or a sibling as a process object of its own. */
export function relativeOf(process: Process, document: Document): Process {
  const { client } = Model.stateOf(process);
  const suppressed = document["is_suppressed"] === true;
  const { maxChildren } = settingsOf(process);
  const inherited: ProcessSettings = maxChildren === undefined ? {} : { maxChildren };
  return new Process({
    client,
    key: idOf(document),
    document,
    completeness: suppressed ? Completeness.full : Completeness.partial,
    settings: suppressed ? { ...inherited, suppressed } : inherited,
  });
}

async function readFamily(process: Process, wanted: number | undefined, options: CallOptions): Promise<Family> {
  const state = Model.stateOf(process);
  if (wanted !== undefined && wanted !== DEFAULT_CHILDREN) return ask(process, wanted, options);
  await process.load(options);
  const family = familyOf(process) ?? { parent: undefined, children: [], asked: DEFAULT_CHILDREN, siblings: [] };
  if (wanted !== undefined || family.asked > DEFAULT_CHILDREN || counted(process, family) <= family.children.length)
    return family;
  const { children, asked } = await ask(process, process.childproc_count ?? 0, options);
  const whole = { ...family, children, asked };
  state.related = whole;
  return whole;
}

async function ask(process: Process, children: number, options: CallOptions): Promise<Family> {
  const { client } = Model.stateOf(process);
  const fetched = await fetchSummary(client, Process, process.id, { ...options, children });
  return fetched.related as Family;
}

/**
 * How many children there are, as far as the server's count can be believed. Some servers count the start and the end of
 * a child, so where the server gave less than it was asked for, that was all; unless the count is beyond even that, and
 * the server has a limit of its own.
 */
function counted(process: Process, { children, asked }: Family): number {
  const given = children.length;
  const count = process.childproc_count ?? given;
  if (given >= asked) return count;
  return asked > DEFAULT_CHILDREN && count > 2 * given ? count : given;
}

function idOf(document: Document): string | undefined {
  return splitProcessId(String(document["unique_id"] ?? document["id"]))?.id;
}

/** Each process once: one that pushed several segments may be listed with each. */
function distinct(documents: readonly Document[]): Document[] {
  const seen = new Set<string>();
  return documents.filter((document) => {
    const id = idOf(document);
    if (id === undefined) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}
