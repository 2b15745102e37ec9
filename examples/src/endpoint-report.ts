// A look around on an endpoint, as a job of Live Response.
import { type JobContext, type JobObject, LiveResponseError, type LiveResponseSession } from "cbapi/response";
import { SqliteError, tableRows } from "./sqlite.js";

const HISTORY = "AppData\\Local\\Google\\Chrome\\User Data\\Default\\History";
/** As many pages of a user's history are shown. */
const PAGES = 10;
/** Chrome counts microseconds from 1601 on. */
const EPOCH = 11_644_473_600_000;

/** What runs on an endpoint, which services are started, and which pages each user at a desktop has visited last, in lines. */
export class EndpointReport implements JobObject<string[]> {
  readonly repeatable = true;

  async run(session: LiveResponseSession, { signal }: Pick<JobContext, "signal">): Promise<string[]> {
    const processes = await session.listProcesses({ signal });
    const lines = [`${processes.length} processes:`];
    for (const { pid, username, command_line, path } of processes) {
      lines.push(`  ${String(pid).padStart(6)} ${username}: ${command_line || path}`);
    }
    if (session.osType !== 1) return lines;
    const desktops = processes.filter(({ path }) => /(^|\\)explorer\.exe$/i.test(path));
    for (const username of new Set(desktops.map(({ username }) => username))) {
      lines.push(`Pages that ${username} has visited last:`);
      lines.push(...(await this.#history(session, username, signal)).map((line) => `  ${line}`));
    }
    const services = await session.createProcess("c:\\windows\\system32\\net.exe start", { signal });
    const text = (services ?? "").toString();
    lines.push("Output of net start:", ...text.split(/\r?\n/).filter((line) => line.trim() !== ""));
    return lines;
  }

  async #history(session: LiveResponseSession, username: string, signal: AbortSignal): Promise<string[]> {
    const folder = username.slice(username.lastIndexOf("\\") + 1);
    try {
      const file = await session.getFile(`C:\\Users\\${folder}\\${HISTORY}`, { signal });
      const pages = [...tableRows(file, "urls")]
        .map((row) => ({ url: String(row.get("url")), at: Number(row.get("last_visit_time")) / 1000 - EPOCH }))
        .sort((one, other) => other.at - one.at);
      return pages.slice(0, PAGES).map(({ url, at }) => `${timeOf(at)} ${url}`);
    } catch (error) {
      // Not everybody uses this browser, and one that is running may be writing.
      if (error instanceof LiveResponseError || error instanceof SqliteError) return [`not known: ${error.message}`];
      throw error;
    }
  }
}

function timeOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "at an unknown time" : date.toISOString();
}
