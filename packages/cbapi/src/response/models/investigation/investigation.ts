import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { consoleLink } from "../../console.js";
import type { ChildListQuery } from "../../queries/child-list-query.js";
import { findInList } from "../listed.js";
import { TaggedEvent } from "./tagged-event.js";

/**
 * A collection of events that belong together, as an analyst tagged them. The server lets nobody change one over its
 * API; its events can be.
 */
export class Investigation extends defineModel(
  { name: "Investigation", path: "/api/investigations", key: "id" },
  {
    id: t.integer(),
    name: t.string(),
    notes: t.string(),
    /** Who began it. */
    created_by_user_id: t.string(),
    date_started: t.dateTime(),
    last_updated: t.dateTime(),
  },
) {
  /** @internal The list of investigations, which has not been asked for: `GET /api/investigations`. */
  static query(client: ModelHost): ListQuery<Investigation> {
    return ListQuery.of(client, Investigation);
  }

  /** @internal There is no route for one investigation: it is looked up in the list. */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return findInList(client, { model: "Investigation", path: Investigation.spec.path }, key, options);
  }

  /** Its events, as a query that has not been sent: `GET /api/tagged_event/{id}`. */
  get events(): ChildListQuery<TaggedEvent> {
    return TaggedEvent.query(Investigation.stateOf(this).client).where({ investigation_id: this.id });
  }

  /** This investigation in the console. */
  get webui_link(): string {
    return consoleLink(Investigation.stateOf(this).client, `investigation/${this.id}`);
  }
}
