import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute } from "../part.js";
import { isObject, readObject } from "../search/index.js";
import type { Intelligence, PlacedReport } from "./intelligence.js";
import { allIocs } from "./iocs.js";
import { isSeverity, readReport } from "./read.js";

const BASE = "/threathunter/watchlistmgr/v3/orgs/:org/reports";
const right = (what: string): string => `org.watchlists(${what})`;

/** Reports of watchlists, and what somebody says of reports: which are ignored, and how severe they are. */
export function reportRoutes(context: CloudContext, intelligence: Intelligence): CloudRoute[] {
  const ok = (body: unknown): SandboxReply => ({ status: 200, body });
  const placed = ({ params }: SandboxRequest): PlacedReport => intelligence.placed(params["id"]);
  const iocOf = (request: SandboxRequest): PlacedReport & { ioc: string } => {
    const found = placed(request);
    const ioc = request.params["ioc"] ?? "";
    if (!allIocs(context, found.report).some(({ id }) => id === ioc)) {
      throw new HttpProblem(404, `IOC ${ioc} was not found in report ${found.report.id}`);
    }
    return { ...found, ioc };
  };

  const reports: CloudRoute[] = [
    {
      ...{ method: "POST", path: BASE, needs: right("CREATE") },
      handle: (request) => {
        const body: unknown = request.json();
        const named = isObject(body) && typeof body["id"] === "string" && body["id"] !== "";
        const report = readReport(context, body, "report", named ? undefined : intelligence.newId("report"));
        if (intelligence.reports.get(report.id) !== undefined) {
          throw new HttpProblem(409, `There is a report with the id ${report.id} already`);
        }
        intelligence.putReport(report);
        return ok(report);
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, needs: right("READ") },
      handle: ({ params }) => ok(intelligence.report(params["id"])),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id`, needs: right("UPDATE") },
      handle: (request) => {
        const before = intelligence.report(request.params["id"]);
        const after = readReport(context, request.json(), "report", before.id);
        if (after.id !== before.id) throw new HttpProblem(400, `report.id is that of the path: ${before.id}`);
        intelligence.putReport(after);
        return ok(after);
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id`, needs: right("DELETE") },
      handle: ({ params }) => {
        const { id } = intelligence.report(params["id"]);
        intelligence.reports.remove(id);
        intelligence.removeSettings(id);
        for (const watchlist of intelligence.watchlists.all()) {
          const report_ids = watchlist.report_ids?.filter((each) => each !== id) ?? null;
          intelligence.watchlists.put(watchlist.id, { ...watchlist, report_ids });
        }
        return { status: 204 };
      },
    },
  ];

  const ignored: CloudRoute[] = [
    {
      ...{ method: "GET", path: `${BASE}/:id/ignore`, needs: right("READ") },
      handle: (request) => ok({ ignored: intelligence.settings(placed(request).name).ignored }),
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/ignore`, needs: right("UPDATE") },
      handle: (request) => {
        intelligence.putSettings(placed(request), { ignored: true });
        return ok({ ignored: true });
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/ignore`, needs: right("UPDATE") },
      handle: (request) => {
        intelligence.putSettings(placed(request), { ignored: false });
        return { status: 204 };
      },
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/iocs/:ioc/ignore`, needs: right("READ") },
      handle: (request) => {
        const { name, ioc } = iocOf(request);
        return ok({ ignored: intelligence.settings(name).ignored_iocs.includes(ioc) });
      },
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/iocs/:ioc/ignore`, needs: right("UPDATE") },
      handle: (request) => {
        const found = iocOf(request);
        const others = intelligence.settings(found.name).ignored_iocs.filter((each) => each !== found.ioc);
        intelligence.putSettings(found, { ignored_iocs: [...others, found.ioc] });
        return ok({ ignored: true });
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/iocs/:ioc/ignore`, needs: right("UPDATE") },
      handle: (request) => {
        const found = iocOf(request);
        const others = intelligence.settings(found.name).ignored_iocs.filter((each) => each !== found.ioc);
        intelligence.putSettings(found, { ignored_iocs: others });
        return { status: 204 };
      },
    },
  ];

  const severities: CloudRoute[] = [
    {
      ...{ method: "GET", path: `${BASE}/severity`, needs: right("READ") },
      handle: () => ok({ results: intelligence.severities() }),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id/severity`, needs: right("READ") },
      handle: (request) => {
        const { name, report } = placed(request);
        const { severity } = intelligence.settings(name);
        if (severity === null) throw new HttpProblem(404, `Report ${report.id} has the severity that it came with`);
        return ok({ report_id: report.id, severity });
      },
    },
    {
      ...{ method: "PUT", path: `${BASE}/:id/severity`, needs: right("UPDATE") },
      handle: (request) => {
        const found = placed(request);
        const { severity, report_id } = readObject(request.json());
        if (!isSeverity(severity)) throw new HttpProblem(400, "severity is a whole number from 1 to 10");
        if (report_id !== undefined && report_id !== found.report.id && report_id !== found.name) {
          throw new HttpProblem(400, `report_id is that of the path: ${found.report.id}`);
        }
        intelligence.putSettings(found, { severity });
        return ok({ report_id: found.report.id, severity });
      },
    },
    {
      ...{ method: "DELETE", path: `${BASE}/:id/severity`, needs: right("UPDATE") },
      handle: (request) => {
        intelligence.putSettings(placed(request), { severity: null });
        return { status: 204 };
      },
    },
  ];
  return [...reports, ...ignored, ...severities];
}
