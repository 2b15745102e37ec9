import type * as alerts from "./alerts.js";
import type { UnknownEvent } from "./base.js";
import type * as hits from "./hits.js";
import type * as sensor from "./sensor.js";
import type * as server from "./server.js";

type Known =
  | hits.WatchlistProcessHit
  | hits.WatchlistBinaryHit
  | hits.WatchlistStorageProcessHit
  | hits.WatchlistStorageBinaryHit
  | hits.FeedIngressProcessHit
  | hits.FeedIngressBinaryHit
  | hits.FeedIngressHostHit
  | hits.FeedStorageProcessHit
  | hits.FeedStorageBinaryHit
  | hits.FeedQueryProcessHit
  | hits.FeedQueryBinaryHit
  | hits.FeedSynchronized
  | hits.FeedSynchronize
  | alerts.IngressProcessAlert
  | alerts.IngressBinaryAlert
  | alerts.IngressHostAlert
  | alerts.QueryProcessAlert
  | alerts.QueryBinaryAlert
  | server.BinaryInfoObserved
  | server.BinaryInfoHostObserved
  | server.BinaryInfoGroupObserved
  | server.BinaryStored
  | server.TaskError
  | server.LiveResponseAudit
  | server.BanningAudit
  | server.IsolationAudit
  | server.UserActivityAudit
  | sensor.SensorEvent;

/** Every kind of event that is known, by its type. */
export type EventMap = { readonly [T in Known["type"]]: OfType<Known, T> };

type OfType<E, T> = E extends { readonly type: infer N } ? (T extends N ? E : never) : never;

/** The types of events that are known. Patterns name others too. */
export type EventType = keyof EventMap;

/** What a pattern gives: the event of that type where it names one that is known, any event otherwise. */
export type EventOf<P extends string> = P extends EventType ? EventMap[P] : AnyEvent;

/** Any event; what its `type` is tells which one. */
export type AnyEvent = EventMap[EventType] | UnknownEvent;

export type * from "./alerts.js";
export type { EventBase, EventPipe, UnknownEvent } from "./base.js";
export type * from "./documents.js";
export type * from "./hits.js";
export type * from "./sensor.js";
export type * from "./server.js";
