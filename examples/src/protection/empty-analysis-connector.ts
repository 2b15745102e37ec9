// The smallest connector that does something: it keeps a copy of each file, and holds all of them for malicious. Bend it to
// your own need at `analyse`.
import { AnalysisResult, CbProtectionAPI, Connector } from "cbapi/protection";
import { runExample } from "../arguments.js";
import { logTo, summary } from "../connector-log.js";

await runExample(
  {
    name: "empty-analysis-connector",
    about: "Saves each file that is sent to the connector EmptyAnalysis, and reports it as malicious. Ctrl-C ends it.",
    client: CbProtectionAPI,
    options: {
      folder: { type: "string", value: "FOLDER", default: ".", about: "where the files are saved, under their hashes" },
      interval: { type: "number", value: "SECONDS", default: 10, least: 1, about: "between two looks at what is new" },
    },
  },
  async ({ cb, values, note, signal }) => {
    const connector = await Connector.register(cb, { name: "EmptyAnalysis", connectorVersion: "1.0" }, { signal });
    const done = await connector.run({
      interval: values.interval * 1000,
      signal,
      ...logTo(note),
      analyse: async (_pending, { file }) => {
        note(`saved as ${await file.saveTo(values.folder)}`);
        return { result: AnalysisResult.Malicious, malwareName: "TEST MALWARE", severity: "high", type: "whoa" };
      },
    });
    note(summary(done));
  },
);
