import { zipSync } from "fflate";
import type { BinaryRecord } from "../../domain/index.js";
import { binaryContent } from "../../organisation/files/pe.js";
import { HttpProblem, type SandboxReply } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute, MakePart } from "../part.js";
import { readInteger, readObject, readTexts } from "../search/index.js";
import { deviceSummary, metadataDocument, pathSummary, signatureSummary } from "./documents.js";
import { findBinaries, findBinary, isSha256 } from "./find.js";

const BASE = "/ubs/v1/orgs/:org";
const READ = "ubs.org.sha256(READ)";
/** An hour; addresses can be asked for that last a week. */
const USUAL_LIFETIME = 3_600;
const LONGEST_LIFETIME = 604_800;
const MOST_FILES = 100;
/** Archives count time from 1980 on, whatever the zone. */
const EARLIEST_IN_ARCHIVE = Date.UTC(1980, 0, 2);

/** The store of binaries: what is known of a file, where it was seen, and the file itself. */
export const binariesPart: MakePart = (context) => {
  const about = (what: string, show: (context: CloudContext, record: BinaryRecord) => unknown): CloudRoute => ({
    ...{ method: "GET", path: `${BASE}/sha256/:sha256/${what}`, needs: READ },
    handle: ({ params }) => ({ status: 200, body: show(context, findBinary(context, params["sha256"])) }),
  });
  const routes: CloudRoute[] = [
    about("metadata", (_, record) => metadataDocument(record)),
    about("summary/device", deviceSummary),
    about("summary/signature", signatureSummary),
    about("summary/file_path", pathSummary),
    {
      ...{ method: "POST", path: `${BASE}/file/_download`, needs: "ubs.org.file(READ)" },
      handle: async (request) => ({ status: 200, body: await downloads(context, request.json()) }),
    },
  ];
  return { routes };
};

/** Each hash that is asked for stands in one of the lists. */
async function downloads(context: CloudContext, given: unknown): Promise<Record<string, unknown>> {
  const body = readObject(given);
  const asked = [...new Set(readTexts(body["sha256"], "sha256").map((hash) => hash.toLowerCase()))];
  if (asked.length === 0 || asked.length > MOST_FILES) {
    throw new HttpProblem(400, `sha256 is a list of 1 to ${MOST_FILES} hashes`);
  }
  const wrong = asked.find((hash) => !isSha256(hash));
  if (wrong !== undefined) throw new HttpProblem(400, `${wrong} is no SHA-256: 64 hexadecimal digits`);
  const name = "expiration_seconds";
  const lifetime = readInteger(body[name], name, 1, LONGEST_LIFETIME) ?? USUAL_LIFETIME;
  const known = findBinaries(context, asked);
  const isThere = (hash: string): boolean => (known.get(hash)?.copied_mod_len ?? 0) > 0;
  const there = asked.filter(isThere);
  const not_found = asked.filter((hash) => !isThere(hash));
  if (context.behaviour.binariesAway) return { found: [], not_found, error: there };
  const addressOf = (sha256: string): Promise<string> =>
    context.signed.address(() => archiveOf(findBinary(context, sha256)), lifetime * 1_000);
  const found = await Promise.all(there.map(async (sha256) => ({ sha256, url: await addressOf(sha256) })));
  return { found, not_found, error: [] };
}

/** The file as it was collected, with a text of what is known of it. */
function archiveOf(record: BinaryRecord): SandboxReply {
  if (record.copied_mod_len === 0) throw new HttpProblem(404, `The file ${record.sha256} was not collected`);
  // A file that was collected once keeps its time, so that downloading it twice gives the same bytes.
  const options = { mtime: Math.max(record.server_added_timestamp, EARLIEST_IN_ARCHIVE), level: 1 } as const;
  const zip = zipSync({
    filedata: [binaryContent(record), options],
    metadata: [new TextEncoder().encode(JSON.stringify(metadataDocument(record), null, 2)), options],
  });
  const headers = {
    "Content-Type": "application/zip",
    "Content-Disposition": `attachment; filename=${record.sha256}.zip`,
  };
  return { status: 200, headers, body: Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength) };
}
