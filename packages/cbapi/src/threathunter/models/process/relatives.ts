import { Completeness, type Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { documentsOf } from "../../../psc/investigate/answer.js";
import { Process } from "./process.js";

/** The processes that come with something else, each made once. */
export class Relatives {
  readonly #client: ModelHost;
  readonly #made = new WeakMap<Document, Process | undefined>();

  constructor(client: ModelHost) {
    this.#client = client;
  }

  /** The process of a document, which is as good as a search's row; `undefined` when it names none. */
  of(document: Document): Process | undefined {
    if (!this.#made.has(document)) this.#made.set(document, this.#make(document));
    return this.#made.get(document);
  }

  /** Those of a list of documents. */
  all(list: unknown): readonly Process[] {
    return documentsOf(list).flatMap((document) => this.of(document) ?? []);
  }

  #make(document: Document): Process | undefined {
    const key = Process.keyIn(document);
    if (key === undefined || key === "") return undefined;
    this.#client.identityMap.seed(Process, key, document, Completeness.row);
    return new Process({ client: this.#client, key, document, completeness: Completeness.row });
  }
}
