import type { Document } from "../../core/model/document.js";
import { SharedCalls } from "../../core/model/shared-call.js";
import type { CallOptions } from "../../core/transport/types.js";
import { connectedTo, type ProtectionHost, type RowNumbers } from "../host.js";
import { keyFieldOf, rowsOf } from "./rows.js";

/** The number that the server gives to the first row of a result. */
export type Base = 0 | 1;

/** How often rows may come and go between the two questions of a probe. */
const TRIES = 3;

/**
 * What number a server gives to the first row of a result. Servers from 8.0 on count from 0. Some before count from 1, and
 * take 0 for 1: whoever reads on from the start need not know, as a row comes twice there, but whoever begins further
 * behind does.
 */
export class OffsetBase implements RowNumbers {
  readonly #given: Base | undefined;
  readonly #probes = new SharedCalls<Base | undefined>();
  #found: Base | undefined;
  #repeated = false;

  /** @param given what the caller knows of the server */
  constructor(given: Base | undefined) {
    this.#given = given;
  }

  /**
   * Takes note that a page began with the row that the page before ended with. A server that counts from 1 does that, and
   * so does one whose rows moved meanwhile: from here on it is asked, whatever its version.
   */
  sawRepetition(): void {
    this.#repeated = true;
  }

  /** The number of the first row. Asks the server when neither the caller nor its version tells; once for a client. */
  async find(host: ProtectionHost, path: string, options: CallOptions): Promise<Base> {
    const known = this.#given ?? this.#found;
    if (known !== undefined) return known;
    const { cb_server_version } = await connectedTo(host, options);
    if (!this.#repeated && cb_server_version?.atLeast(8, 0) === true) return 0;
    this.#found ??= await this.#probes.run(path, options, (call) => probe(host, path, call));
    // Without a row to tell it by there is none to miss either.
    return this.#found ?? 0;
  }
}

/** Asks for the rows at 0 and at 1, in an order that new rows do not change. */
async function probe(host: ProtectionHost, path: string, options: CallOptions): Promise<Base | undefined> {
  const key = keyFieldOf(path);
  const ask = async (offset: number, limit: number): Promise<readonly Document[]> =>
    rowsOf(await host.getObject(path, { limit, offset, sort: `${key} ASC` }, { ...options, default: [] }), path);
  for (let tries = 0; tries < TRIES; tries++) {
    const [first, second] = await ask(0, 2);
    // Rows that nothing tells apart show nothing either.
    if (first?.[key] === undefined) return undefined;
    const [row] = await ask(1, 1);
    if (row?.[key] === first[key]) return 1;
    if (row?.[key] === second?.[key]) return 0;
  }
  return undefined;
}
