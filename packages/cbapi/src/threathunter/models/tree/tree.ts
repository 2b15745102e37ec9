import { defineModel } from "../../../core/model/define-model.js";
import type { Document, Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { documentsOf, isDocument } from "../../../psc/investigate/answer.js";
import { PROCESS_TREE, TREE_JOBS } from "../../calls.js";
import { TreeQuery } from "../../queries/tree-query.js";
import { fetchFamily } from "../process/family.js";
import type { Process } from "../process/process.js";
import { Relatives } from "../process/relatives.js";

/** A process of a tree, and how far below its root it stands: 0 for the children of the root. */
export interface TreeNode {
  readonly process: Process;
  readonly depth: number;
}

/** The tree of processes that a process has started: `proc.tree()`. It is read-only. */
export class Tree extends defineModel(
  { name: "Tree", path: "/api/investigate/v2/orgs/{org}/processes/summary_jobs", key: "process_guid" },
  {
    /** The process at its root. */
    process_guid: t.string(),
    /** The process at its root with its `children`, these with theirs, as the server sent them. */
    nodes: t.object<Readonly<Record<string, unknown>>>(),
    /** Whether the server had not put everything together. */
    incomplete_results: t.boolean(),
  },
) {
  /** @internal A query for the tree of the process that its terms name. */
  static query(client: ModelHost): TreeQuery {
    return new TreeQuery(client, Tree, {});
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const route = { format: "tree", classic: PROCESS_TREE, jobs: TREE_JOBS } as const;
    const answers = await fetchFamily(client, String(key), route, options);
    // A job's result is the root itself; answers to the classic route hold it, each a part of its children.
    const roots = answers.map((answer) => (isDocument(answer["nodes"]) ? answer["nodes"] : answer));
    const nodes = { ...roots[0], children: mergedChildren(roots) };
    return { document: { process_guid: key, nodes, incomplete_results: false } };
  }

  /** The processes that the process at the root has started. */
  get children(): readonly Process[] {
    return this.#relatives.all(this.nodes?.["children"]);
  }

  /** All processes below the root, a process before its children. Nothing is requested. */
  *walk(): Generator<TreeNode, void> {
    const relatives = this.#relatives;
    const seen = new Set<Document>();
    const open = documentsOf(this.nodes?.["children"])
      .map((document) => ({ document, depth: 0 }))
      .reverse();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { document, depth } = next;
      if (seen.has(document)) continue;
      seen.add(document);
      const process = relatives.of(document);
      if (process !== undefined) yield { process, depth };
      for (const child of documentsOf(document["children"]).toReversed())
        open.push({ document: child, depth: depth + 1 });
    }
  }

  get #relatives(): Relatives {
    return this.kept("relatives", () => new Relatives(Tree.stateOf(this).client));
  }
}

/** The children of all answers, each process once. */
function mergedChildren(roots: readonly Document[]): readonly Document[] {
  const merged = new Map<unknown, Document>();
  for (const child of roots.flatMap((root) => documentsOf(root["children"]))) {
    const guid = child["process_guid"] ?? child;
    if (!merged.has(guid)) merged.set(guid, child);
  }
  return [...merged.values()];
}
