import { Readable } from "node:stream";
import { HttpProblem } from "../server/product.js";
import { LARGEST_ARCHIVE, MOST_IN_ARCHIVE, type ZipContent, zipStream } from "../server/zip-stream.js";
import type { LiveSession } from "./session.js";

/** What stands in an archive beside the files, by name. */
export type ArchiveDocuments = ReadonlyMap<string, unknown>;

/** Names that every system takes. */
const safeName = (name: string): string => name.replace(/[^\w. -]/g, "_").replace(/^\.+/, "_");

/**
 * A session as a ZIP archive, made while it is read: documents, and the files that have arrived. They stay until it has been
 * read or given up, also when the session ends meanwhile; one that a client deletes meanwhile is left out.
 */
export function archiveOf(session: LiveSession, documents: ArchiveDocuments): Readable {
  const files = session.files.list().filter(({ state }) => state === "complete");
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > LARGEST_ARCHIVE || files.length + documents.size > MOST_IN_ARCHIVE) {
    throw new HttpProblem(400, "The files of the session are too large, or too many, for one archive");
  }
  async function* contents(): AsyncGenerator<ZipContent> {
    for (const [name, document] of documents) {
      yield { name, content: [Buffer.from(`${JSON.stringify(document, null, 2)}\n`)], packed: true };
    }
    for (const file of files) {
      // One at a time: a session may have more files than a process can have open.
      const handle = await session.files.open(file).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      });
      if (handle === undefined) continue;
      try {
        const content = handle.createReadStream({ autoClose: false });
        yield { name: `files/${file.id}-${safeName(file.name)}`, content, packed: false };
      } finally {
        await handle.close();
      }
    }
  }
  const release = session.holdFiles();
  const archive = Readable.from(zipStream(contents()), { objectMode: false });
  archive.once("close", release);
  return archive;
}
