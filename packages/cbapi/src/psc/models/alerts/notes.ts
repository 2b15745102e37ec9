import { inspect } from "node:util";
import { CALL, checkCall } from "../../../core/call-options.js";
import { ApiError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import { parseTime } from "../../../core/time.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudHost } from "../../host.js";
import { askForObject, objectIn, tell } from "../../send.js";
import {
  ALERT_NOTE_ADD,
  ALERT_NOTE_DELETE,
  ALERT_NOTES,
  THREAT_NOTE_ADD,
  THREAT_NOTE_DELETE,
  THREAT_NOTES,
} from "./calls.js";
import { LONGEST_NOTE } from "./change.js";

/** What a note or a history is about: one alert or one threat. */
export type NoteSubject = { readonly alert: string } | { readonly threat: string };

/** What somebody noted about an alert or a threat. It can be deleted, and not changed. */
export class AlertNote {
  readonly #host: CloudHost;
  readonly #about: NoteSubject;
  readonly #document: Document;
  #isDeleted = false;

  /** @internal Made by alerts. */
  constructor(host: CloudHost, about: NoteSubject, document: Document) {
    this.#host = host;
    this.#about = about;
    this.#document = document;
  }

  /** What the service knows it by. */
  get id(): string {
    return String(this.#document["id"]);
  }

  /** Who wrote it. */
  get author(): string | undefined {
    return this.#text("author");
  }

  /** What it says. */
  get note(): string | undefined {
    return this.#text("note");
  }

  /** Where it comes from: `CUSTOMER`. */
  get source(): string | undefined {
    return this.#text("source");
  }

  /** When it was written. */
  get create_timestamp(): Date | undefined {
    return parseTime(this.#document["create_timestamp"]);
  }

  /** When it was changed last. */
  get last_update_timestamp(): Date | undefined {
    return parseTime(this.#document["last_update_timestamp"]);
  }

  /** Whether it was deleted through this object. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /**
   * Deletes it: `DELETE .../notes/{id}`.
   * @throws ApiError with code `DELETED` when that was done before
   */
  async delete(options: CallOptions = {}): Promise<void> {
    checkCall("delete()", options, CALL);
    if (this.#isDeleted) throw new ApiError(`Note ${this.id} was deleted`, { code: "DELETED" });
    const { call, id } = subject(this.#about, ALERT_NOTE_DELETE, THREAT_NOTE_DELETE);
    await tell(this.#host, call, { values: { id, note: this.id } }, options);
    this.#isDeleted = true;
  }

  /** As the service sent it. */
  toJSON(): Record<string, unknown> {
    return structuredClone(this.#document);
  }

  [inspect.custom](): string {
    return `AlertNote ${inspect(this.#document)}`;
  }

  #text(name: string): string | undefined {
    const value = this.#document[name];
    return typeof value === "string" ? value : undefined;
  }
}

export async function notesOf(host: CloudHost, about: NoteSubject, options: CallOptions): Promise<AlertNote[]> {
  const { call, id } = subject(about, ALERT_NOTES, THREAT_NOTES);
  const { results } = await askForObject(host, call, { values: { id } }, options);
  const rows = Array.isArray(results) ? (results as unknown[]) : [];
  return rows.map((row) => new AlertNote(host, about, objectIn(row, call)));
}

export async function addNote(
  host: CloudHost,
  about: NoteSubject,
  note: string,
  options: CallOptions,
): Promise<AlertNote> {
  if (typeof note !== "string" || note === "" || note.length > LONGEST_NOTE) {
    throw invalidArgument(`a note is text of 1 to ${LONGEST_NOTE} characters`);
  }
  const { call, id } = subject(about, ALERT_NOTE_ADD, THREAT_NOTE_ADD);
  const answer = await tell(host, call, { values: { id }, json: { note } }, options);
  return new AlertNote(host, about, objectIn(answer, call));
}

/** The call for what something is about, and the key of that. */
export function subject<C>(about: NoteSubject, ofAlert: C, ofThreat: C): { readonly call: C; readonly id: string } {
  return "alert" in about ? { call: ofAlert, id: about.alert } : { call: ofThreat, id: about.threat };
}
