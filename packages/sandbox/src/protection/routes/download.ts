import { Readable } from "node:stream";
import { HttpProblem, type SandboxReply } from "../../server/product.js";
import { zipStream } from "../../server/zip-stream.js";
import { findBinary } from "../../store/binaries.js";
import type { ProtectionContext } from "../context.js";
import { FILE_CATALOG, recordsOf } from "../objects/index.js";

const PIECE = 64 * 1024;

/** The file that was fetched, as the only one of an archive. */
export function downloadOf(
  context: ProtectionContext,
  { id, fileCatalogId, fileName }: { id: number; fileCatalogId?: number | null; fileName?: string | null },
): SandboxReply {
  if (context.behaviour.downloadsBusy) {
    throw new HttpProblem(503, "Too many files are being downloaded", undefined, 1);
  }
  const file = recordsOf(context.store, FILE_CATALOG).get(fileCatalogId ?? 0);
  const binary = findBinary(context.store, file?.md5 ?? "");
  if (binary === undefined) throw new HttpProblem(404, `The file of ${id} is not there any more`);
  const name = fileName || file?.fileName || `${binary.md5}.bin`;
  const content = pieces(context.fileContent(binary.record));
  return {
    status: 200,
    headers: { "Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="${id}.zip"` },
    stream: Readable.from(zipStream([{ name, content, packed: true }]), { objectMode: false }),
  };
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}
