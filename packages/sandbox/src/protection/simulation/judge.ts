import type { Store } from "../../store/index.js";
import {
  CERTIFICATE,
  COMPUTER,
  FILE_CATALOG,
  FILE_INSTANCE,
  FILE_RULE,
  type FileCatalogRecord,
  type FileInstanceRecord,
  type FileRuleRecord,
  PUBLISHER,
  recordsOf,
  stored,
} from "../objects/index.js";
import { type Judged, localStates, stateIn, statesOf } from "./effective-state.js";
import type { AgentTasks } from "./tasks.js";

/** Finds what says what is to happen with files, and lets the catalogue and the agents know when it has changed. */
export class Judge {
  constructor(
    readonly store: Store,
    readonly tasks: AgentTasks,
    readonly has8: boolean,
  ) {}

  /** What is known of a file. */
  of(file: FileCatalogRecord): Judged {
    const of = <T>(objects: { get(key: number): T | undefined }, id: number | null | undefined): T | undefined =>
      id === null || id === undefined || id === 0 ? undefined : objects.get(id);
    return {
      file,
      rules: this.#list<FileRuleRecord>(FILE_RULE.kept, "fileCatalogId", file.id),
      publisher: of(recordsOf(this.store, PUBLISHER), file.publisherId),
      certificate: of(recordsOf(this.store, CERTIFICATE), file.certificateId),
    };
  }

  /** Judges files anew; what changes on computers changes when they report. */
  again(ids: Iterable<number>): void {
    const catalogue = recordsOf(this.store, FILE_CATALOG);
    const computers = recordsOf(this.store, COMPUTER);
    for (const id of new Set(ids)) {
      const file = catalogue.get(id);
      if (file === undefined) continue;
      const judged = this.of(file);
      catalogue.put(id, { ...file, ...statesOf(judged, this.has8) });
      for (const instance of this.#list<FileInstanceRecord>(FILE_INSTANCE.kept, "fileCatalogId", id)) {
        const computer = computers.get(instance.computerId ?? 0);
        const state = stateIn(judged, computer?.policyId ?? undefined);
        const changes = localStates(state, instance.detailedLocalState);
        if (changes.localState === instance.localState && changes.detailedLocalState === instance.detailedLocalState) {
          continue;
        }
        this.tasks.atCheckin(instance.computerId ?? 0, "protection_fileInstance", instance.id, changes);
      }
    }
  }

  /** Judges those files anew with which policies differ: when a computer has got another one. */
  afterMove(): void {
    const inPolicies = (kept: string): { key: number; file: number | null }[] =>
      this.store.database.all(
        `SELECT key, ${stored("o", "fileCatalogId")} AS file FROM object o
         WHERE kind = '${kept}' AND coalesce(${stored("o", "policyIds")}, '') NOT IN ('', '0')`,
      );
    const byRule = inPolicies(FILE_RULE.kept).flatMap(({ file }) => file ?? []);
    const byPublisher = inPolicies(PUBLISHER.kept).flatMap(({ key }) => this.filesWith("publisherId", key));
    this.again([...byRule, ...byPublisher]);
  }

  /** The ids of the files of which a field has this value. */
  filesWith(field: "publisherId" | "certificateId", id: number): number[] {
    return this.#list<FileCatalogRecord>(FILE_CATALOG.kept, field, id).map((file) => file.id);
  }

  #list<T>(kept: string, field: string, id: number): T[] {
    return this.store.database
      .all<{ record: string }>(`SELECT record FROM object o WHERE kind = '${kept}' AND ${stored("o", field)} = ?`, [id])
      .map(({ record }) => JSON.parse(record) as T);
  }
}
