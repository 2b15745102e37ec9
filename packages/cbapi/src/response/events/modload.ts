import { CbEvent } from "./event.js";
import { type EventSource, isDocument, type PartialDocument, textOf } from "./joins.js";

const MD5 = /^[0-9a-f]{32}$/i;

/** A module (an executable, a DLL, a shared library) was loaded. */
export class CbModLoadEvent<B = unknown, S = unknown> extends CbEvent<S> {
  /** Its MD5, by which `binary` is found. */
  readonly md5: string;
  /** The file that was loaded. */
  readonly path: string;

  readonly #source: EventSource<B, unknown, S>;

  /** @internal */
  constructor(source: EventSource<B, unknown, S>, sequence: number, time: string, md5: string, path: string) {
    super(source, sequence, time);
    this.md5 = md5;
    this.path = path;
    this.#source = source;
  }

  override get event_type(): "Cb Module Load event" {
    return "Cb Module Load event";
  }

  /** The loaded binary; `undefined` when the event has no MD5. */
  get binary(): B | undefined {
    if (!MD5.test(this.md5)) return undefined;
    return this.#source.joins.binary(this.md5.toUpperCase(), this.#partial());
  }

  /**
   * Whether the module has a valid signature, as far as the events tell; `undefined` when they do not. To be sure,
   * await {@link binary} and read its `signed`.
   */
  get is_signed(): boolean | undefined {
    const partial = this.#partial();
    const result = partial === undefined ? undefined : textOf(partial, "digsig_result");
    return result === undefined ? undefined : result === "Signed";
  }

  /** What the event document says about the binary. */
  #partial(): PartialDocument | undefined {
    const found = this.#source.binaries[this.md5.toUpperCase()];
    return isDocument(found) ? found : undefined;
  }

  protected override fields(): Record<string, unknown> {
    return { md5: this.md5, path: this.path };
  }
}

/** `time|md5|path`. The path is last, so that a pipe in it does no harm. */
export function decodeModLoad<B, S>(
  entry: unknown,
  sequence: number,
  source: EventSource<B, unknown, S>,
): CbModLoadEvent<B, S> | string {
  if (typeof entry !== "string") return "not a text";
  const first = entry.indexOf("|");
  const second = entry.indexOf("|", first + 1);
  if (first < 0 || second < 0) return "fewer than three fields";
  return new CbModLoadEvent(
    source,
    sequence,
    entry.slice(0, first),
    entry.slice(first + 1, second),
    entry.slice(second + 1),
  );
}
