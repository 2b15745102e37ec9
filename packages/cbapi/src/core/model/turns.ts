import { TimeoutError } from "../errors.js";
import { timeLimit } from "../transport/limits.js";
import type { CallOptions } from "../transport/types.js";
import { waitFor } from "../transport/wait.js";
import type { Key } from "./document.js";
import type { ModelHost } from "./host.js";
import { classOf, Model, type ModelClass } from "./model.js";

/** The last of the writes that are under way, by what they are made through: a client, or an object without a key. */
const turns = new WeakMap<object, Map<string, Promise<void>>>();

/**
 * Runs the writes of one object of the server one after the other, whichever models they are made through: two that send
 * the whole object at once would undo one another, and two that create it would make two.
 * @param options bound the waiting and the work together. Whoever gives up waiting has sent nothing
 * @param work gets what is left of `options` when its turn comes. It must not wait for a turn of the same object itself
 */
export function inTurn<T>(model: Model, options: CallOptions, work: (call: CallOptions) => Promise<T>): Promise<T> {
  const { client } = Model.stateOf(model);
  const cls = classOf(model);
  const call = bounded(client, options);
  // A new object may have got its key from the write before.
  return queued(model, "", cls.spec.name, call, () => {
    const { key } = Model.stateOf(model);
    return key === undefined ? work(call) : queued(client, nameOf(cls, key), nameOf(cls, key), call, () => work(call));
  });
}

/** The same where there is no model yet. */
export function inTurnOf<T>(
  client: ModelHost,
  cls: ModelClass,
  key: Key,
  options: CallOptions,
  work: (call: CallOptions) => Promise<T>,
): Promise<T> {
  const call = bounded(client, options);
  return queued(client, nameOf(cls, key), nameOf(cls, key), call, () => work(call));
}

/**
 * The same for what has no key that is known beforehand.
 * @param name what it is, as errors name it as well: `FileRule of 5d41...`
 */
export function inTurnNamed<T>(
  client: ModelHost,
  name: string,
  options: CallOptions,
  work: (call: CallOptions) => Promise<T>,
): Promise<T> {
  const call = bounded(client, options);
  return queued(client, name, name, call, () => work(call));
}

async function queued<T>(
  owner: object,
  name: string,
  what: string,
  call: CallOptions,
  work: () => Promise<T>,
): Promise<T> {
  const queues = turns.get(owner) ?? new Map<string, Promise<void>>();
  turns.set(owner, queues);
  const before = queues.get(name);
  let end = () => {};
  const mine = new Promise<void>((resolve) => {
    end = resolve;
  });
  // Whoever gives up waiting does not let the next one go ahead of those before.
  const last = before === undefined ? mine : before.then(() => mine);
  queues.set(name, last);
  void last.then(() => {
    if (queues.get(name) === last) queues.delete(name);
  });
  try {
    if (before !== undefined) {
      const { signal, timeout } = call;
      await waitFor(before, signal, timeout, () => late(what, timeout));
    }
    return await work();
  } finally {
    end();
  }
}

/** The same options, of which `timeout` is what is left of it at the time that it is read. */
function bounded({ identityMap }: ModelHost, { signal, timeout }: CallOptions): CallOptions {
  const limit = timeout === undefined ? 0 : timeLimit(timeout);
  if (limit === 0) return { signal, timeout };
  const end = identityMap.now() + limit;
  return {
    signal,
    get timeout() {
      // The clock may have been set: never less than a moment, never more than the limit.
      return Math.min(limit, Math.max(1, end - identityMap.now()));
    },
  };
}

function late(what: string, timeout: number | undefined): TimeoutError {
  return new TimeoutError(`Another write of ${what} was under way for ${timeout} ms, and nothing was sent`, {
    timeout,
  });
}

const nameOf = (cls: ModelClass, key: Key): string => `${cls.spec.name} ${cls.documentKey(key)}`;
