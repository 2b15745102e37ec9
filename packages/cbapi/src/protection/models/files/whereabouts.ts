import { inspect } from "node:util";
import type { Computer } from "../computers/computer.js";
import type { FileCatalog } from "./file-catalog.js";
import type { FileInstance } from "./file-instance.js";
import type { FileInstanceDeleted } from "./file-instance-deleted.js";

/** A place of a file. */
export interface FilePlace {
  /** Its folder, its name there, its local state. */
  readonly instance: FileInstance;
  /** The computer, with its name, policy and whether it is connected; `undefined` when the server has none of that id. */
  readonly computer: Computer | undefined;
  /** What the catalogue has of it. */
  readonly file: FileCatalog;
}

/** A place where a file was. */
export interface FormerFilePlace {
  readonly deleted: FileInstanceDeleted;
  /** The computer; `undefined` when the server has none of that id. */
  readonly computer: Computer | undefined;
}

/** What is known of a file's places. */
export interface WhereaboutsParts {
  readonly hash: string | undefined;
  readonly files: readonly FileCatalog[];
  readonly places: readonly FilePlace[];
  readonly former: readonly FormerFilePlace[] | undefined;
  readonly reasons: readonly string[];
}

/** Computers that a print names. */
const NAMED = 5;

/** Where a file is: what {@link FileInstance.whereIs} has found. */
export class FileWhereabouts {
  /** The hash that was asked for, in lower case. */
  readonly hash: string | undefined;
  /** What the catalogue has of that hash; mostly one entry, none for a file that no computer has ever reported. */
  readonly files: readonly FileCatalog[];
  /** The places where it is now, on all computers. */
  readonly places: readonly FilePlace[];
  /** The places where it was; `undefined` where that was not asked for. */
  readonly former: readonly FormerFilePlace[] | undefined;
  /** Why places are missing, or may be; empty when these are all that the server has. */
  readonly reasons: readonly string[];

  /** @internal Made by a search. */
  constructor(parts: WhereaboutsParts) {
    this.hash = parts.hash;
    this.files = parts.files;
    this.places = parts.places;
    this.former = parts.former;
    this.reasons = parts.reasons;
  }

  /**
   * `found`: it is on some computer; `gone`: computers have reported it, and it is on none now; `unseen`: no computer has
   * ever reported it.
   */
  get state(): "found" | "gone" | "unseen" {
    if (this.places.length > 0) return "found";
    return this.files.length > 0 ? "gone" : "unseen";
  }

  /** Whether these are all places that the server has. */
  get complete(): boolean {
    return this.reasons.length === 0;
  }

  /** The computers that it is on, each once. */
  get computers(): readonly Computer[] {
    return [...new Set(this.places.flatMap(({ computer }) => computer ?? []))];
  }

  /** What else is to be known: where the catalogue counts other computers than were found. */
  get notes(): readonly string[] {
    return this.files.flatMap((file) => {
      const { id, prevalence } = file;
      const own = this.places.filter((place) => place.file.id === id).map(({ instance }) => instance.computerId);
      const found = new Set(own).size;
      if (prevalence === undefined || prevalence === found) return [];
      return [`the catalogue says that file ${id} is on ${prevalence} computers; places on ${found} were found`];
    });
  }

  toJSON(): object {
    const { hash, state, complete, reasons, notes } = this;
    const computerOf = (id: number | undefined, computer: Computer | undefined) => ({
      computerId: id,
      computerName: computer?.name,
      policyName: computer?.policyName,
      connected: computer?.connected,
    });
    const files = this.files.map(({ id, fileName, md5, sha1, sha256, effectiveState, prevalence }) => {
      return { id, fileName, md5, sha1, sha256, effectiveState, prevalence };
    });
    const places = this.places.map(({ instance, computer }) => {
      const { id, fileCatalogId, computerId, pathName, fileName, localState, executed } = instance;
      return { id, fileCatalogId, ...computerOf(computerId, computer), pathName, fileName, localState, executed };
    });
    const former = this.former?.map(({ deleted, computer }) => {
      const { id, fileCatalogId, computerId, pathName, fileName, dateDeleted } = deleted;
      return { id, fileCatalogId, ...computerOf(computerId, computer), pathName, fileName, dateDeleted };
    });
    return { hash, state, complete, reasons, notes, files, places, ...(former === undefined ? {} : { former }) };
  }

  /** `<FileWhereabouts of 5f1d...: on 2 computers (CORP\A, CORP\B)>` */
  toString(): string {
    const of = this.hash ?? this.files.map(({ id }) => id).join(", ");
    const doubt = this.complete ? "" : `; not complete: ${this.reasons.join("; ")}`;
    return `<FileWhereabouts of ${of}: ${this.#summary()}${doubt}>`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  #summary(): string {
    if (this.state === "unseen") return "never seen";
    const former = this.former === undefined ? "" : `, ${this.former.length} places where it was`;
    if (this.state === "gone") return `seen, on no computer now${former}`;
    const ids = new Set(this.places.map(({ instance }) => instance.computerId)).size;
    const names = this.computers.slice(0, NAMED).map(({ id, name }) => name ?? String(id));
    const more = ids > names.length ? ", ..." : "";
    return `on ${ids === 1 ? "1 computer" : `${ids} computers`} (${names.join(", ")}${more})${former}`;
  }
}
