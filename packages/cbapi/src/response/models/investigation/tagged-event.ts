import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Document, type Fetched, type Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model } from "../../../core/model/model.js";
import { one, optional } from "../../../core/model/relations.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { formatUniqueId, splitProcessId } from "../../process-guid.js";
import { ChildListQuery } from "../../queries/child-list-query.js";
import { asDocuments } from "../answers.js";
import { findInList } from "../listed.js";
import { Process } from "../process/process.js";
import { Investigation } from "./investigation.js";

/** What a tagged event says of itself; more than this, depending on its type. */
export interface TaggedEventData {
  readonly description?: string;
  readonly [name: string]: unknown;
}

/**
 * An event that an analyst put into an investigation.
 *
 * The server gives such events by investigation, so the key of one is made of both numbers: `select(TaggedEvent, "5:12")`
 * is event 12 of investigation 5.
 *
 * @example
 * const event = cb.create(TaggedEvent, { investigation_id: 5, start_date: new Date() });
 * event.event_data = { description: "mail with the dropper came in" };
 * await event.save();
 */
export class TaggedEvent extends defineModel(
  {
    name: "TaggedEvent",
    path: "/api/tagged_event",
    key: "id",
    keyOf,
    creatable: true,
    writable: ["investigation_id", "event_data", "start_date", "notes"],
    required: ["investigation_id", "event_data"],
    keyOnly: ["delete"],
  },
  {
    /** The number of this event; the key of the object has the investigation's before it. */
    id: t.integer(),
    /** Named when the event is tagged, and not changed afterwards. */
    investigation_id: t.integer(),
    event_id: t.integer(),
    process_id: t.integer(),
    /** `filemod`, `regmod`, `procstart`, ... */
    event_type: t.string(),
    /** The process that it is about, with or without its segment; see {@link TaggedEvent.process}. */
    unique_id: t.string(),
    segment_id: t.integer(),
    /** Who tagged it. */
    tagged_by_user_id: t.string(),
    /** Can be changed. */
    notes: t.string(),
    date_tagged: t.dateTime(),
    /** Can be changed: when it happened. */
    start_date: t.dateTime(),
    /** Can be changed: what happened. */
    event_data: t.object<TaggedEventData>(),
    /** The process that it is about; absent when it is about none. */
    get process() {
      return optional(Process, processKey);
    },
    /** The investigation that it belongs to. */
    get investigation() {
      return one(Investigation, "investigation_id");
    },
  },
) {
  /** @internal The events of an investigation, which has to be named: `.where("investigation_id:5")`. Nothing is requested. */
  static query(client: ModelHost): ChildListQuery<TaggedEvent> {
    return ChildListQuery.under(client, TaggedEvent, {
      parent: "investigation_id",
      path: (investigation) => `/api/tagged_event/${encodeURIComponent(investigation)}`,
    });
  }

  /**
   * The tagged events of one process, in all investigations: `GET /api/tagged_events/{process id}`.
   * @param process the process, or its id with or without a segment
   * @throws ApiError when the answer is no list
   */
  static async ofProcess(
    client: ModelHost,
    process: Process | string,
    options: CallOptions = {},
  ): Promise<TaggedEvent[]> {
    const id = typeof process === "string" ? Process.documentKey(Process.normaliseKey(process)) : process.id;
    const path = `/api/tagged_events/${encodeURIComponent(id)}`;
    const answer = await client.getObject(path, undefined, options);
    const completeness = Completeness.full;
    return asDocuments(answer, `the tagged events of Process ${id}`).map(
      (document) => new TaggedEvent({ client, key: keyOf(document), document, completeness }),
    );
  }

  /** @internal `5:12`, the numbers of the investigation and the event. */
  static override normaliseKey(key: Key): Key {
    const text = String(key).trim();
    if (/^(\d+:)?\d+$/.test(text)) return text;
    throw new InvalidObjectError(
      `${JSON.stringify(key)} is no key of a TaggedEvent: the numbers of its investigation and its own are expected, as in "5:12"`,
    );
  }

  /** @internal There is no route for one event: it is looked up among those of its investigation. */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const [investigation, id] = String(key).split(":");
    if (id === undefined) {
      throw new ApiError(
        `TaggedEvent ${key} cannot be read by itself: name its investigation as well, as in "5:${key}"`,
      );
    }
    const path = `/api/tagged_event/${investigation}`;
    const common = { investigation_id: Number(investigation) };
    return findInList(client, { model: "TaggedEvent", path, common }, id, options);
  }

  /**
   * Checks that the server gets what it requires.
   * @throws InvalidObjectError that names what is missing, or when the event would have to change its investigation
   */
  override async validate(options: CallOptions = {}): Promise<true> {
    const { key, changes } = Model.stateOf(this);
    if (key !== undefined && changes?.has("investigation_id") === true) {
      throw new InvalidObjectError(
        `TaggedEvent ${key} stays in its investigation: create() a new one in the other, and delete() this one`,
      );
    }
    return super.validate(options);
  }

  /** The server tells of the event, and may leave out where it belongs. */
  protected override answeredFields(answer: unknown): Record<string, unknown> {
    const fields = super.answeredFields(answer);
    return Object.keys(fields).length > 1 ? { investigation_id: this.investigation_id, ...fields } : fields;
  }

  /** By its own number, whatever its investigation. */
  protected override get itemPath(): string {
    const key = String(Model.stateOf(this).key ?? "");
    return `${this.collectionPath}/${key.slice(key.indexOf(":") + 1)}`;
  }
}

function keyOf(document: Document): string | undefined {
  const { id, investigation_id: investigation } = document;
  if (typeof id !== "number" && typeof id !== "string") return undefined;
  return typeof investigation === "number" || typeof investigation === "string" ? `${investigation}:${id}` : `${id}`;
}

/** A segment that `unique_id` does not name is named beside it. */
function processKey({ unique_id, segment_id = 0 }: TaggedEvent): Key | undefined {
  const split = unique_id === undefined ? undefined : splitProcessId(unique_id);
  if (split === undefined) return undefined;
  if (split.form !== "guid" || !Number.isInteger(segment_id) || segment_id < 1) return unique_id;
  return formatUniqueId(split.id, segment_id, segment_id < 2 ** 32 ? 8 : 12);
}
