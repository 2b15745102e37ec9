import { zipSync } from "fflate";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { type BinaryRow, binaryRowsByDocument, findBinary } from "../../store/binaries.js";
import { tagsByDocument, tagsOf } from "../../store/detection/tags.js";
import { answerSearch } from "../answer-search.js";
import type { ResponseContext } from "../context.js";
import { binaryDocument, binaryMetadata } from "../documents/binary.js";
import { present } from "../found.js";
import { highlightsOf } from "../highlights.js";
import { printTerms } from "../search.js";

const OWN = [
  ...["md5", "server_added_timestamp", "last_seen", "orig_mod_len", "copied_mod_len", "is_64bit"],
  ...["is_executable_image", "digsig_sign_time"],
];
const OF_RECORD = [
  ...["digsig_result", "digsig_publisher", "os_type", "file_desc", "file_version", "product_name"],
  ...["product_version", "company_name", "original_filename", "internal_name"],
];

const SORT_FIELDS: ReadonlyMap<string, string> = new Map([
  ...OWN.map((name) => [name, `d.${name}`] as const),
  ...OF_RECORD.map((name) => [name, `json_extract(d.record, '$.${name}')`] as const),
  ["timestamp", "d.server_added_timestamp"],
  ["signed", "json_extract(d.record, '$.digsig_result')"],
  ["host_count", "(SELECT count(*) FROM binary_host x WHERE x.md5_value = d.md5_value)"],
]);

/** Archives count time from 1980 on, whatever the zone. */
const EARLIEST_IN_ARCHIVE = Date.UTC(1980, 0, 2);

/** Search, summary, download and icon. */
export function binaryRoutes(context: ResponseContext): Route[] {
  return [
    { method: "GET", path: "/api/v1/binary", handle: (request) => ({ status: 200, body: search(context, request) }) },
    {
      method: "GET",
      path: "/api/v1/binary/:md5/summary",
      handle: (request) => {
        const row = locate(context, request);
        const icon = context.binaryIcon(row.record);
        const document = documentOf(context, row);
        if (icon !== undefined) document["icon"] = Buffer.from(icon).toString("base64");
        return { status: 200, body: document };
      },
    },
    {
      method: "GET",
      path: "/api/v1/binary/:md5/icon",
      handle: (request) => {
        const icon = context.binaryIcon(locate(context, request).record);
        if (icon === undefined) throw new HttpProblem(404, "Icon not found");
        return { status: 200, headers: { "Content-Type": "image/png" }, body: Buffer.from(icon) };
      },
    },
    {
      method: "GET",
      path: "/api/v1/binary/:md5",
      handle: (request) => {
        const { md5, record } = locate(context, request);
        if (record.copied_mod_len === 0) throw new HttpProblem(404, "Binary not found");
        // Collected files keep the time at which they came, so that downloading one twice gives the same bytes.
        const options = { mtime: Math.max(record.server_added_timestamp, EARLIEST_IN_ARCHIVE), level: 1 } as const;
        const zip = zipSync({
          filedata: [context.binaryContent(record), options],
          metadata: [new TextEncoder().encode(binaryMetadata(record)), options],
        });
        const headers = {
          "Content-Type": "application/zip",
          "Content-Disposition": `attachment; filename=${md5.toUpperCase()}.zip`,
        };
        return { status: 200, headers, body: Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength) };
      },
    },
  ];
}

function locate(context: ResponseContext, { params }: SandboxRequest): BinaryRow {
  return present(findBinary(context.store, params["md5"] ?? ""), "Binary");
}

function documentOf(context: ResponseContext, row: BinaryRow): Record<string, unknown> {
  return binaryDocument(context.traits, row, tagsOf(context.store, "binary", row.doc));
}

const SEARCHED = {
  from: "binary",
  sorts: SORT_FIELDS,
  usual: "server_added_timestamp desc",
  ties: "d.md5",
} as const;

function search(context: ResponseContext, request: SandboxRequest): Record<string, unknown> {
  return answerSearch(context, request, SEARCHED, (page, query) => {
    const tags = tagsByDocument(context.store, "binary", page);
    const results = binaryRowsByDocument(context.store, page).map((row) =>
      binaryDocument(context.traits, row, tags.get(row.doc) ?? []),
    );
    return { results, terms: printTerms(query), highlights: highlightsOf(query, results, "md5") };
  });
}
