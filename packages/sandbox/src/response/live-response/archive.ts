import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { HttpProblem } from "../../server/product.js";
import type { LiveSession } from "./session.js";
import { LARGEST_ARCHIVE, type ZipContent, zipStream } from "./zip.js";

/** What stands in an archive beside the files, by name. */
export type ArchiveDocuments = ReadonlyMap<string, unknown>;

/** Names that every system takes. */
const safeName = (name: string): string => name.replace(/[^\w. -]/g, "_").replace(/^\.+/, "_");

/** A session as a ZIP archive, made while it is read: documents, and the files that have arrived. */
export async function archiveOf(session: LiveSession, documents: ArchiveDocuments): Promise<Readable> {
  const files = session.files.list().filter(({ state }) => state === "complete");
  if (files.reduce((sum, { size }) => sum + size, 0) > LARGEST_ARCHIVE) {
    throw new HttpProblem(400, "The files of the session are too large for one archive");
  }
  const contents: ZipContent[] = [...documents].map(([name, document]) => ({
    ...{ name, packed: true },
    content: [Buffer.from(`${JSON.stringify(document, null, 2)}\n`)],
  }));
  const handles: FileHandle[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.allSettled(handles.map((handle) => handle.close()));
  };
  try {
    for (const file of files) {
      // Opened at once: the session may end before the archive has been read.
      const handle = await session.files.open(file);
      handles.push(handle);
      const content = handle.createReadStream({ autoClose: false });
      contents.push({ name: `files/${file.id}-${safeName(file.name)}`, content, packed: false });
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  const archive = Readable.from(zipStream(contents), { objectMode: false });
  archive.once("close", () => void closeAll());
  return archive;
}
