import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type CbResponseAPI, Feed, type FeedAction } from "cbapi/response";

/** A report as a test publishes it; what is left out is of no matter. */
export interface PublishedReport {
  readonly id: string;
  readonly score: number;
  readonly iocs: object;
  readonly [field: string]: unknown;
}

/** The state directory of a sandbox, in which tests publish feeds. */
export class FeedFolder {
  private constructor(readonly stateDirectory: string) {}

  static async make(): Promise<FeedFolder> {
    const stateDirectory = await mkdtemp(join(tmpdir(), "cbapi feeds "));
    await mkdir(join(stateDirectory, "feeds"));
    return new FeedFolder(stateDirectory);
  }

  /** Where the file of a feed is. */
  path(name: string): string {
    return join(this.stateDirectory, "feeds", `${name}.json`);
  }

  /** Writes a feed in the place of the one that has this name; gives its address. */
  async publish(name: string, reports: readonly PublishedReport[], info: object = {}): Promise<string> {
    const feedinfo = {
      ...{ name, display_name: `The ${name} feed`, provider_url: "https://lab.example", summary: "s", tech_data: "t" },
      ...info,
    };
    const written = reports.map((report) => ({
      ...{ title: `Report ${report.id}`, link: `https://lab.example/${report.id}`, timestamp: 1_700_000_000 },
      ...report,
    }));
    await writeFile(this.path(name), JSON.stringify({ feedinfo, reports: written }));
    return pathToFileURL(this.path(name)).href;
  }

  async remove(): Promise<void> {
    await rm(this.stateDirectory, { recursive: true });
  }
}

/** A query as an indicator of a report. */
export const queryIoc = (q: string, index_type: "events" | "modules" = "events") => ({
  query: [{ index_type, search_query: `cb.urlver=1&q=${encodeURIComponent(q)}` }],
});

/** Has the server fetch a feed from now on. */
export function addFeed(cb: CbResponseAPI, feed_url: string, values: object = { enabled: true }): Promise<Feed> {
  return cb.create(Feed, { feed_url, manually_added: true, ...values }).save();
}

/** Has hits of a feed raise alerts. */
export function raiseAlerts(feed: Feed): Promise<FeedAction> {
  const action = feed.createAction();
  action.type = "alert";
  return action.save();
}
