import type { CloudContext } from "../context.js";
import { type ProcessDocument, processDocuments } from "./documents.js";
import { idOf } from "./guid.js";

/** So many children and siblings of a process are told of. */
const MOST_RELATIVES = 1_000;
/** So many processes a tree has. */
const LARGEST_TREE = 5_000;

const SHOWN = "placeholder = 0 AND suppressed = 0";

/** A process with those around it. */
export interface Summary {
  readonly process: ProcessDocument;
  readonly parent: ProcessDocument | null;
  readonly children: readonly ProcessDocument[];
  readonly siblings: readonly ProcessDocument[];
}

/** A process with its children, and theirs. */
export type Tree = Record<string, unknown> & { children: Tree[] };

/** The number of a process by its GUID; undefined when it is not known. */
export function findByGuid(context: CloudContext, guid: string | undefined): number | undefined {
  const id = idOf(context.orgKey, guid ?? "");
  if (id === undefined) return undefined;
  return context.store.database.first<{ proc: number }>(`SELECT proc FROM process WHERE id = ? AND ${SHOWN}`, [id])
    ?.proc;
}

/** Undefined when the process is not known. */
export function summaryOf(context: CloudContext, guid: string | undefined): Summary | undefined {
  const proc = findByGuid(context, guid);
  if (proc === undefined) return undefined;
  const { database } = context.store;
  const related = (condition: string): number[] =>
    database.numbers(
      `SELECT json_group_array(proc) AS list FROM (SELECT c.proc AS proc FROM process p JOIN process c ON ${condition}
       WHERE p.proc = ? AND c.placeholder = 0 AND c.suppressed = 0 ORDER BY c.start, c.proc LIMIT ${MOST_RELATIVES})`,
      [proc],
    );
  const parents = related("c.id = p.parent_id");
  const children = related("c.parent_id = p.id");
  const siblings = related("c.parent_id = p.parent_id AND c.proc <> p.proc");
  const [process, ...others] = processDocuments(context, [proc, ...parents, ...children, ...siblings]);
  if (process === undefined) return undefined;
  const parent = parents.length > 0 ? (others.shift() ?? null) : null;
  return { process, parent, children: others.slice(0, children.length), siblings: others.slice(children.length) };
}

/** Undefined when the process is not known. The nearest generations come first where there are too many processes. */
export function treeOf(context: CloudContext, guid: string | undefined): Tree | undefined {
  const root = findByGuid(context, guid);
  if (root === undefined) return undefined;
  const { database } = context.store;
  const edges: [parent: number, child: number][] = [];
  const seen = new Set([root]);
  for (let generation = [root]; generation.length > 0 && seen.size < LARGEST_TREE; ) {
    const rows = database.all<{ parent: number; child: number }>(
      `SELECT p.proc AS parent, c.proc AS child FROM json_each(?) j JOIN process p ON p.proc = j.value
       JOIN process c ON c.parent_id = p.id WHERE c.placeholder = 0 AND c.suppressed = 0 ORDER BY c.start, c.proc`,
      [JSON.stringify(generation)],
    );
    generation = [];
    for (const { parent, child } of rows) {
      if (seen.has(child) || seen.size >= LARGEST_TREE) continue;
      seen.add(child);
      generation.push(child);
      edges.push([parent, child]);
    }
  }
  const order = [...seen];
  const documents = processDocuments(context, order);
  const nodes = new Map(order.map((proc, at): [number, Tree] => [proc, { ...documents[at], children: [] }]));
  for (const [parent, child] of edges) {
    const node = nodes.get(child);
    if (node !== undefined) nodes.get(parent)?.children.push(node);
  }
  return nodes.get(root);
}
