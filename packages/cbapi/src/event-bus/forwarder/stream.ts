import type { AnyEvent } from "../catalogue/index.js";
import { readForwarded } from "../reading/read.js";
import { LineCutter } from "./lines.js";
import { type ForwardedOptions, lineLimit } from "./options.js";

/** The events of a line; none where it is no event and somebody takes such lines. */
export function eventsOfText(text: string, { onMalformed }: ForwardedOptions): AnyEvent[] {
  try {
    return readForwarded(text);
  } catch (error) {
    if (onMalformed === undefined) throw error;
    onMalformed({ line: text, error });
    return [];
  }
}

/**
 * The events of a stream of an event forwarder's lines: a pipe, a socket, a response. No more is read than is handled.
 * @throws ApiError with code `MALFORMED_EVENT` for a line that is no event, unless `onMalformed` takes those
 * @example for await (const event of eventsOfStream(process.stdin)) console.log(event.type)
 */
export async function* eventsOfStream(
  stream: AsyncIterable<Uint8Array | string>,
  options: ForwardedOptions = {},
): AsyncGenerator<AnyEvent, void, void> {
  const cutter = new LineCutter(0, lineLimit(options));
  const { signal } = options;
  signal?.throwIfAborted();
  for await (const piece of stream) {
    for (const { text } of cutter.add(Buffer.from(piece as Uint8Array))) {
      for (const event of eventsOfText(text, options)) {
        yield event;
        signal?.throwIfAborted();
      }
    }
  }
  const rest = cutter.rest();
  if (rest !== undefined) yield* eventsOfText(rest.text, options);
}
