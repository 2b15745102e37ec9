import type { QueryReport } from "cbapi/response";
import type { Findings } from "../hunt/findings.js";
import type { Terminal } from "../terminal.js";
import { plural } from "../text-layout.js";
import { labelledRows } from "./labelled-rows.js";

/** What the hunt cost, and whether its result is complete. */
export function drawCost(findings: Findings, colors: Terminal["colors"], width: number): string[] {
  const kinds = Object.entries(findings.requestsByKind).map(([kind, count]) => `${kind} ${count}`);
  const rows: [label: string, text: string][] = [
    ["requests", `${findings.requests}  (${kinds.join(", ")})`],
    ["cache hits", `${findings.cacheHits}  (objects that were needed and known already)`],
  ];
  if (findings.report !== null) rows.push(["result", reportText(findings.report)]);
  for (const reason of [...(findings.report?.reasons ?? []), ...(findings.report?.notes ?? []), ...findings.notes])
    rows.push(["", reason]);
  return rows.flatMap(([label, text]) => labelledRows(label, text, colors, width));
}

function reportText({ available, wanted, returned, duplicates, complete, pages }: QueryReport): string {
  const verdict = complete === true ? "complete" : "not complete";
  const all = available ?? returned;
  // A limit that was reached is no gap: so many were asked for.
  const asked =
    wanted !== undefined && all > wanted ? `, of which ${wanted.toLocaleString("en-US")} were asked for` : "";
  return `${verdict}: ${returned.toLocaleString("en-US")} returned of ${all.toLocaleString("en-US")} available${asked}, ${plural(duplicates, "duplicate")} dropped, ${plural(pages, "page")}`;
}
