import { Completeness, type Document } from "../../../core/model/document.js";
import { Model } from "../../../core/model/model.js";
import type { Results } from "../../../core/query/query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { splitProcessId } from "../../process-guid.js";
import { reportOf, resultsOf } from "../results.js";
import { Process } from "./process.js";
import { DEFAULT_CHILDREN, type Family, fetchSummary, MAX_SIBLINGS } from "./summary.js";

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

/** The children that a summary holds. */
export interface Children {
  /** Each once. */
  readonly documents: readonly Document[];
  /** How many there are, as far as that can be told. */
  readonly available: number;
  /** How many of those that were wanted the server did not give. */
  readonly missing: number;
  /** Entries of the list that named a child again. */
  readonly duplicates: number;
  /** The children of which every entry says that they started nobody. */
  readonly leaves: ReadonlySet<string>;
}

/**
 * Reads the children of a process: nothing is sent where its summary is here already, or where it has none.
 * @param onRequest called before each summary that is asked for
 */
export async function readChildren(process: Process, options: CallOptions, onRequest = () => {}): Promise<Children> {
  const wanted = settingsOf(process).maxChildren;
  const family =
    wanted === 0 || hasNoDocument(process) ? undefined : await readFamily(process, wanted, options, onRequest);
  const received = family === undefined ? [] : family.children.slice(0, wanted);
  const documents = distinct(received);
  const available = Math.max(received.length, family === undefined ? 0 : counted(process, family));
  return {
    documents,
    available,
    missing: Math.max(0, Math.min(available, wanted ?? available) - received.length),
    duplicates: received.length - documents.length,
    leaves: leavesOf(received),
  };
}

/** What the process's summary tells of its children, each once, with a report of those that are missing. */
export async function childDocuments(process: Process, options: CallOptions): Promise<Results<Document>> {
  const { documents, available, missing, duplicates } = await readChildren(process, options);
  const given = documents.length + duplicates;
  return resultsOf(
    documents,
    reportOf({
      returned: documents.length,
      available,
      wanted: settingsOf(process).maxChildren,
      duplicates,
      reasons:
        missing > 0
          ? [
              `${missing} of ${available} children are missing: the server gives no more than ${given} of them. Search for the others, for example by hostname and parent_name`,
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

async function readFamily(
  process: Process,
  wanted: number | undefined,
  options: CallOptions,
  onRequest: () => void,
): Promise<Family> {
  const state = Model.stateOf(process);
  if (wanted !== undefined && wanted !== DEFAULT_CHILDREN) return ask(process, wanted, options, onRequest);
  if (mustBeAsked(process)) onRequest();
  await process.load(options);
  const family = familyOf(process) ?? { parent: undefined, children: [], asked: DEFAULT_CHILDREN, siblings: [] };
  if (wanted !== undefined || family.asked > DEFAULT_CHILDREN || counted(process, family) <= family.children.length)
    return family;
  const { children, asked } = await ask(process, process.childproc_count ?? 0, options, onRequest);
  const whole = { ...family, children, asked };
  state.related = whole;
  return whole;
}

/** Whether loading this process sends a request. */
function mustBeAsked(process: Process): boolean {
  const { client, completeness, key } = Model.stateOf(process);
  if (completeness === Completeness.full || key === undefined) return false;
  return client.identityMap.peek(Process, key, Completeness.full) === undefined;
}

async function ask(process: Process, children: number, options: CallOptions, onRequest: () => void): Promise<Family> {
  const { client } = Model.stateOf(process);
  onRequest();
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

/**
 * The children that started nobody, by their ids. One that is listed with several segments is among them when none of
 * these has a child.
 */
function leavesOf(documents: readonly Document[]): Set<string> {
  const leaves = new Set<string>();
  const others = new Set<string | undefined>();
  for (const document of documents) {
    const id = idOf(document);
    if (id !== undefined && document["childproc_count"] === 0) leaves.add(id);
    else others.add(id);
  }
  for (const id of others) if (id !== undefined) leaves.delete(id);
  return leaves;
}
