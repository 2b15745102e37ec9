/** Events of EDR, off its message bus or from an event forwarder. */
export * from "../core/errors.js";
export type * from "./catalogue/index.js";
export { EventConsumer } from "./consumer/consumer.js";
export type { EventHandler, HandlerContext } from "./consumer/handlers.js";
export type { BrokerAddress, DeadLetter, EventConsumerOptions } from "./consumer/options.js";
export type { ConsumerStatistics } from "./consumer/statistics.js";
export { type FollowOptions, followEvents } from "./forwarder/file.js";
export type { ForwardedOptions, MalformedLine } from "./forwarder/options.js";
export { ForwarderReceiver, type ReceiverOptions } from "./forwarder/receiver.js";
export { eventsOfStream } from "./forwarder/stream.js";
export { isEvent } from "./is-event.js";
export { type BusMessage, readForwarded, readMessage } from "./reading/read.js";
export { matchesTopic } from "./topics.js";
