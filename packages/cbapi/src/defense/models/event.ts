import { defineModel } from "../../core/model/define-model.js";
import type { Fetched, Key } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import type { ExecutionPlan, RowSource } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { cloud } from "../../psc/host.js";
import { ask } from "../../psc/send.js";
import { objectUnder } from "../answers.js";
import { EVENT_GET, EVENTS_FIND } from "../calls.js";
import { DefenseQuery } from "../queries/defense-query.js";
import { checkTimes, EVENT_FILTERS, EVENT_TYPES, type EventFilters } from "../queries/filters.js";
import { moment } from "./milliseconds.js";

/** A part of an event whose members differ from event to event. */
export type EventPart = Readonly<Record<string, unknown>>;

/**
 * Something that happened on a device: `GET /integrationServices/v3/event/{id}`. The service of today has observations in its
 * place, which are something else: by `routes: "current"`, asking for events is refused with code `ROUTE_RETIRED`.
 */
export class Event extends defineModel(
  { name: "Event", path: "/integrationServices/v3/event", key: "eventId" },
  {
    eventId: t.string(),
    eventTime: moment,
    createTime: moment,
    eventType: t.choice(EVENT_TYPES),
    /** Text with marks for links, `<link hash="...">`. */
    shortDescription: t.string(),
    longDescription: t.string(),
    threatIndicators: t.array(t.string()),
    registryValue: t.string(),
    securityEventCode: t.string(),
    deviceDetails: t.object<EventPart>(),
    processDetails: t.object<EventPart>(),
    netFlow: t.object<EventPart>(),
    parentApp: t.object<EventPart>(),
    /** The program that acted. */
    selectedApp: t.object<EventPart>(),
    targetApp: t.object<EventPart>(),
    /** Told of a single event, as the rest of what follows. */
    attackStage: t.string(),
    alertScore: t.integer(),
    alertCategory: t.string(),
    /** The alert that it is a part of. */
    incidentId: t.string(),
  },
) {
  /** @internal A search for events, which has not been sent. */
  static query(client: ModelHost): EventQuery {
    return new EventQuery(client, Event, {});
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const answer = await ask(cloud(client), EVENT_GET, { values: { id: key } }, options);
    return { document: objectUnder(answer, "eventInfo", EVENT_GET.call) };
  }
}

/** A search for events of Defense: `GET /integrationServices/v3/event`. Those of the last day, unless times are named. */
export class EventQuery extends DefenseQuery<Event, EventFilters> {
  protected readonly call = EVENTS_FIND;
  protected readonly known = EVENT_FILTERS;

  protected override pageReader(plan: ExecutionPlan): RowSource<Event>["fetchPage"] {
    checkTimes(this.filters);
    return super.pageReader(plan);
  }

  protected override askTotal(options: CallOptions): Promise<number> {
    checkTimes(this.filters);
    return super.askTotal(options);
  }
}
