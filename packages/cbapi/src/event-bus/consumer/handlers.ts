import { onAbort } from "../../core/signals.js";
import type { AnyEvent } from "../catalogue/index.js";
import { checkedTopic, matchesTopic } from "../topics.js";

/** Takes an event. The message is acknowledged when what it returns has come true. */
export type EventHandler<E = AnyEvent> = (event: E, context: HandlerContext) => unknown;

/** What a handler is told besides the event. */
export interface HandlerContext {
  /** Aborted when the consumer stops and waits no longer. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Whether the broker has sent the message before. */
  readonly redelivered: boolean;
}

interface Entry {
  readonly pattern: string;
  readonly handler: EventHandler;
}

/** Who takes which events, in the order in which they said so. */
export class Handlers {
  #entries: readonly Entry[] = [];
  readonly #waiting = new Set<() => void>();

  /** @returns takes it back */
  add(pattern: string, handler: EventHandler): () => void {
    const entry = { pattern: checkedTopic(pattern), handler };
    this.#entries = [...this.#entries, entry];
    for (const go of [...this.#waiting]) go();
    return () => {
      this.#entries = this.#entries.filter((each) => each !== entry);
    };
  }

  /** Resolves as soon as there is anybody who takes events, or the signal is aborted. */
  async some(signal: AbortSignal): Promise<void> {
    if (this.#entries.length > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        off();
        this.#waiting.delete(go);
        resolve();
      };
      const off = onAbort(signal, go);
      this.#waiting.add(go);
    });
  }

  /** The patterns that somebody waits for. */
  get patterns(): readonly string[] {
    return [...new Set(this.#entries.map(({ pattern }) => pattern))];
  }

  /** Who takes an event: what a pattern names is its type, or the key under which it came. */
  of({ type, key }: AnyEvent): readonly EventHandler[] {
    return this.#entries
      .filter(({ pattern }) => matchesTopic(pattern, type) || matchesTopic(pattern, key))
      .map(({ handler }) => handler);
  }
}
