import type { ImportReport } from "@cbapi/sandbox";
import type { Terminal } from "../terminal.js";
import { line, plural } from "../text-layout.js";
import { labelledRows } from "./labelled-rows.js";

type Remark = ImportReport["skipped"][number];

/** More kinds of skipped events than these are counted only. */
const REMARKS = 12;

/** What became of an imported file: what is in the organisation now, and what is not and why. */
export function drawImport(report: ImportReport, colors: Terminal["colors"], width: number): string[] {
  const { file, lines, events, processes, sensors, binaries, malformedLines, skipped, assumed } = report;
  const mapped = Object.entries(report.mapped).filter(([, count]) => count > 0);
  const number = (count: number): string => count.toLocaleString("en-US");
  const row = (label: string, text: string): string[] => labelledRows(label, text, colors, width);
  const found = `${plural(processes, "process", "processes")} on ${plural(sensors, "host")}, ${plural(binaries, "binary", "binaries")}, from ${plural(events, "event")} in ${plural(lines, "line")}`;
  const known = `${plural(report.knownSensors, "host")} and ${plural(report.knownProcesses, "process", "processes")} of an earlier log`;
  return [
    line([["Imported "], [file, colors.bold]], width),
    ...row("found", found),
    ...(report.knownSensors === 0 ? [] : row("known", known)),
    ...(mapped.length === 0 ? [] : row("mapped", mapped.map(([kind, count]) => `${kind} ${number(count)}`).join(", "))),
    ...(malformedLines === 0 ? [] : row("malformed", `${plural(malformedLines, "line")} without an event`)),
    ...remarks("assumed", assumed, row),
    ...remarks("skipped", skipped, row),
  ];
}

function remarks(label: string, list: readonly Remark[], row: (label: string, text: string) => string[]): string[] {
  const sorted = [...list].sort((one, other) => other.count - one.count);
  const more = sorted.slice(REMARKS).reduce((total, { count }) => total + count, 0);
  return [
    ...sorted
      .slice(0, REMARKS)
      .flatMap(({ what, reason, count }, index) =>
        row(index === 0 ? label : "", `${count.toLocaleString("en-US").padStart(7)}  ${what}: ${reason}`),
      ),
    ...(more > 0 ? row("", `${more.toLocaleString("en-US").padStart(7)}  others`) : []),
  ];
}
