import { Zip, ZipDeflate, ZipPassThrough } from "fflate";

/** A file on its way into an archive. */
export interface ZipContent {
  name: string;
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Whether it is worth packing. */
  packed: boolean;
}

/** Beyond this, an archive would need fields that not everybody reads. */
export const LARGEST_ARCHIVE = 2 ** 32 - 2 ** 24;
/** As above, of entries. */
export const MOST_IN_ARCHIVE = 2 ** 16 - 2;

/** Archives count time from 1980 on, whatever the zone: with a fixed one, the same files give the same archive. */
const TIME_IN_ARCHIVE = Date.UTC(2020, 0, 2);
const LEVEL = 1;
const NOTHING = new Uint8Array(0);

/** A ZIP archive, made while it is read: no more than a piece of it is in memory. */
export async function* zipStream(files: AsyncIterable<ZipContent> | Iterable<ZipContent>): AsyncGenerator<Uint8Array> {
  let made: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, piece) => {
    if (error !== null) failure = error;
    else if (piece.length > 0) made.push(piece);
  });
  const take = (): Uint8Array[] => {
    if (failure !== undefined) throw failure;
    const taken = made;
    made = [];
    return taken;
  };
  for await (const { name, content, packed } of files) {
    const file = packed ? new ZipDeflate(name, { level: LEVEL }) : new ZipPassThrough(name);
    file.mtime = TIME_IN_ARCHIVE;
    zip.add(file);
    for await (const chunk of content) {
      file.push(chunk);
      yield* take();
    }
    file.push(NOTHING, true);
    yield* take();
  }
  zip.end();
  yield* take();
}
