// What connectors say of their work.
import type { AnalysisReport, ConnectorProblem, ConnectorStatistics } from "cbapi/protection";

const RESULTS = ["not available", "clean", "a potential threat", "malicious"];

/** The two hooks of a connector's run that tell what happens, line by line. */
export function logTo(log: (line: string) => void) {
  return {
    onResult: (report: AnalysisReport) => log(`${report.pending.id} ${report.pending.fileName}: ${outcomeOf(report)}`),
    onError({ error, during, pending, retryIn }: ConnectorProblem) {
      const what = pending === undefined ? during : `${during} of ${pending.id} ${pending.fileName}`;
      const again = retryIn === undefined ? "" : ` (again in ${Math.ceil(retryIn / 1000)} s)`;
      log(`${what} failed: ${error.message}${again}`);
    },
  };
}

function outcomeOf(report: AnalysisReport): string {
  switch (report.outcome) {
    case "analysed":
      return RESULTS[report.result] ?? String(report.result);
    case "failed":
      return `could not be analysed: ${report.error.message}`;
    case "refused":
      return `not analysed: ${report.reason}`;
    case "deferred": {
      const until = report.until === "uploaded" ? "its file is there" : report.until.toISOString();
      return `waits until ${until}${report.reason === undefined ? "" : `: ${report.reason}`}`;
    }
    case "gone":
      return "ended by somebody else";
    case "left":
      return "left for the next time";
  }
}

/** What was done altogether: `12 analysed, 1 refused`. */
export function summary(statistics: ConnectorStatistics): string {
  const parts = Object.entries(statistics).filter(([, count]) => count > 0);
  return parts.length === 0 ? "nothing to do" : parts.map(([what, count]) => `${count} ${what}`).join(", ");
}
