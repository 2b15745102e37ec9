// A bridge to VirusTotal: files that are sent to this connector are looked up by their hash, and sent there if that is allowed.
import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnalysisOutcome, AnalysisResult, AnalysisStatus, CbProtectionAPI, Connector } from "cbapi/protection";
import { ExampleError, runExample } from "../arguments.js";
import { logTo, summary } from "../connector-log.js";
import { ServiceError } from "../http.js";
import { readSettings, yesOrNo } from "../ini.js";
import { RateLimited, VirusTotal, type VirusTotalReport } from "../virus-total.js";

/** When VirusTotal is out of order, it is asked again after so many milliseconds. */
const OUTAGE = 5 * 60_000;
const seconds = { type: "number", value: "SECONDS", least: 1 } as const;

await runExample(
  {
    name: "virus-total-connector",
    about: "Answers analyses with what VirusTotal knows of the files. Ctrl-C ends it.",
    client: CbProtectionAPI,
    options: {
      config: {
        ...{ type: "string", short: "c", value: "FILE", default: "virustotal.ini" },
        about: "[bridge] with vt_api_key, and if need be upload_binaries_to_vt, connector_name, log_file, vt_url",
      },
      "vt-url": { type: "string", value: "URL", about: "in place of VirusTotal's own address, or the file's" },
      upload: { type: "boolean", about: "send files that VirusTotal does not know to it, whatever the file says" },
      interval: { ...seconds, default: 30, about: "between two looks at what is new" },
      recheck: { ...seconds, default: 3600, about: "until VirusTotal is asked again for a file that was sent to it" },
    },
  },
  async ({ cb, values, note, signal }) => {
    const settings = await readSettings(values.config, "bridge");
    const key = settings.get("vt_api_key");
    if (!key) throw new ExampleError(`${values.config} has no vt_api_key`);
    const url = values["vt-url"] ?? settings.get("vt_url") ?? "https://www.virustotal.com/api/v3";
    const virusTotal = new VirusTotal(url, key);
    const mayUpload = values.upload || yesOrNo(settings, "upload_binaries_to_vt", false);
    const name = settings.get("connector_name") || "VirusTotal";
    const logFile = settings.get("log_file");
    const log = (line: string): void => {
      note(line);
      if (logFile) appendFileSync(logFile, `${new Date().toISOString()} ${JSON.stringify(line)}\n`);
    };
    const recheck = values.recheck * 1000;
    const folder = await mkdtemp(join(tmpdir(), "virus-total-"));
    try {
      const connector = await Connector.register(cb, { name, connectorVersion: "2.0" }, { signal });
      const hooks = logTo(log);
      const done = await connector.run({
        interval: values.interval * 1000,
        concurrency: 4,
        analysisTimeout: 10 * 60_000,
        waitForUpload: false, // the hash will do where the file is known
        signal,
        onResult: hooks.onResult,
        onError(problem) {
          const { error } = problem;
          if (error instanceof ServiceError && (error.status === 401 || error.status === 403)) {
            throw new ExampleError("VirusTotal does not accept vt_api_key");
          }
          hooks.onError(problem);
        },
        async analyse(pending, { file, reportProgress, signal }): Promise<AnalysisOutcome> {
          // Of installer packages, App Control's SHA-256 is not that of the whole file.
          const hash = pending.sha1 || pending.md5 || pending.sha256;
          if (!hash) return { cancel: "it has no hash" };
          try {
            const report = await virusTotal.report(hash, signal);
            if (report !== undefined) return verdictOn(report);
            if (!mayUpload) return { cancel: "VirusTotal does not know it" };
            // The server remembers, also when this program is started anew, that VirusTotal has it.
            if (pending.analysisStatus !== AnalysisStatus.Scheduled) return { defer: recheck, reason: "no result yet" };
            const path = await file.saveTo(folder);
            await virusTotal.upload(path, signal).finally(() => rm(path, { force: true }));
            await reportProgress(AnalysisStatus.Submitted);
            return { defer: recheck, reason: "sent to VirusTotal" };
          } catch (error) {
            if (error instanceof RateLimited) return { defer: error.retryAfter, reason: error.message };
            if (error instanceof ServiceError && error.isPassing) return { defer: OUTAGE, reason: error.message };
            throw error;
          }
        },
      });
      log(summary(done));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** More than half of the engines: malicious; more than a tenth: perhaps. */
function verdictOn({ positives, total, names, link }: VirusTotalReport): AnalysisOutcome {
  const percentage = (100 * positives) / total;
  const [result, severity, type] =
    percentage > 50
      ? ([AnalysisResult.Malicious, "critical", "malicious_file"] as const)
      : percentage > 10
        ? ([AnalysisResult.PotentialThreat, "high", "potential_risk_file"] as const)
        : ([AnalysisResult.Clean, "low", "clean_file"] as const);
  const four = (texts: readonly string[]): string => texts.slice(0, 4).join("; ") + (texts.length > 4 ? "..." : "");
  const malwareName = four(names.map(({ name }) => name));
  const malwareType = four(names.map(({ engine, name }) => `${engine}:${name}`));
  return { result, severity, type, malwareName, malwareType, externalUrl: link, product: "VirusTotal" };
}
