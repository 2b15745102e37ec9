// A bridge to a detonation sandbox of one's own: each file is sent to it as it arrives, and its report is waited for.
//
// The sandbox is a web service: `POST {url}/samples` takes the bytes and answers { "id": ... }; `GET {url}/samples/{id}` answers
// { "state": "queued" | "running" | "done" | "failed", "verdict": "clean" | "suspicious" | "malicious", "malware": ..., "link": ...,
// "files": [{ "path": ..., "sha256": ... }], "error": ... }. Where yours speaks otherwise, `submit` and `reportOn` are the places.
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { AnalysisResult, AnalysisStatus, type AnalysisVerdict, CbProtectionAPI, Connector } from "cbapi/protection";
import { runExample } from "../arguments.js";
import { logTo, summary } from "../connector-log.js";
import { ask, serviceUrl } from "../http.js";

interface Report {
  readonly state?: "queued" | "running" | "done" | "failed";
  readonly verdict?: string;
  readonly malware?: string;
  readonly link?: string;
  readonly files?: readonly { readonly path?: string; readonly sha256?: string }[];
  readonly error?: string;
}

const RESULTS = {
  clean: AnalysisResult.Clean,
  suspicious: AnalysisResult.PotentialThreat,
  malicious: AnalysisResult.Malicious,
} as const;

await runExample(
  {
    name: "sandbox-connector",
    about: "Has files that are sent to the connector detonated in a sandbox, and reports what it says. Ctrl-C ends it.",
    client: CbProtectionAPI,
    options: {
      sandbox: { type: "string", value: "URL", required: true, about: "the address of the sandbox" },
      name: { type: "string", value: "NAME", default: "Detonation", about: "what the connector is called" },
      machines: { type: "number", value: "N", default: 2, least: 1, most: 100, about: "how many files at a time" },
      minutes: { type: "number", value: "N", default: 15, least: 1, about: "how long a report may take" },
      poll: { type: "number", value: "SECONDS", default: 5, least: 1, about: "between two looks, there and here" },
    },
  },
  async ({ cb, values, note, signal }) => {
    const url = serviceUrl(values.sandbox);
    // Not on the command line, which others on this machine can see.
    const key = process.env["SANDBOX_KEY"];
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };

    async function submit(file: Readable, signal: AbortSignal): Promise<string> {
      const body = Readable.toWeb(file) as ReadableStream;
      const type = { ...headers, "content-type": "application/octet-stream" };
      const answer = await ask(`${url}/samples`, { method: "POST", headers: type, body, duplex: "half", signal });
      const { id } = (answer.body ?? {}) as { id?: string | number };
      if (id === undefined) throw new Error("The sandbox has taken the file, and does not say under which id");
      return String(id);
    }
    const reportOn = async (id: string, signal: AbortSignal): Promise<Report> =>
      (await ask(`${url}/samples/${encodeURIComponent(id)}`, { headers, signal })).body as Report;

    const connector = await Connector.register(cb, { name: values.name, connectorVersion: "1.0" }, { signal });
    const done = await connector.run({
      interval: values.poll * 1000,
      concurrency: values.machines,
      analysisTimeout: values.minutes * 60_000,
      signal,
      ...logTo(note),
      async analyse(_pending, { file, reportProgress, signal }) {
        const id = await submit(file.stream(), signal);
        await reportProgress(AnalysisStatus.Submitted);
        for (;;) {
          const report = await reportOn(id, signal);
          if (report.state === "done") {
            await reportProgress(AnalysisStatus.Processed);
            return verdictOn(report);
          }
          if (report.state === "failed")
            throw new Error(`The sandbox failed: ${report.error ?? "it does not say why"}`);
          await sleep(values.poll * 1000, undefined, { signal });
        }
      },
    });
    note(summary(done));
  },
);

function verdictOn({ verdict = "", malware, link, files = [] }: Report): AnalysisVerdict {
  if (!Object.hasOwn(RESULTS, verdict)) throw new Error(`The sandbox gives a verdict that is not known: ${verdict}`);
  const result = RESULTS[verdict as keyof typeof RESULTS];
  const dropped = files.map(({ path, sha256 }) => ({
    ...(path === undefined ? {} : { filePath: path }),
    ...(sha256 === undefined ? {} : { sha256 }),
  }));
  return { result, malwareName: malware, externalUrl: link, files: dropped };
}
