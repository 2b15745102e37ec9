import { SharedCalls } from "../../core/model/shared-call.js";
import type { CallOptions } from "../../core/transport/types.js";

/**
 * What an object reads once and keeps, by name. Callers that want the same at the same time share the requests, and one
 * that goes away takes nothing from the others. A failure is not kept.
 */
export class SharedReads<K extends string | number, T> {
  readonly #values = new Map<K, T>();
  readonly #running = new SharedCalls<T>();

  /** The value of this name, from `work` when nobody has read it yet. */
  async read(name: K, options: CallOptions, work: (options: CallOptions) => Promise<T>): Promise<T> {
    options.signal?.throwIfAborted();
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    return this.#running.run(String(name), options, async (call) => {
      const read = await work(call);
      // Whoever was first is kept, so that all see the same objects.
      const kept = this.#values.get(name) ?? read;
      this.#values.set(name, kept);
      return kept;
    });
  }
}
