import { InvalidObjectError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { routeOf } from "../../../psc/routes.js";
import { askForObject } from "../../../psc/send.js";
import { REPORTS, SEVERITIES, SEVERITY_READ } from "./calls.js";
import { shown } from "./checks.js";

/** The severity that an organization has given to a feed's report, in place of the report's own. */
export class ReportSeverity extends defineModel(
  {
    name: "ReportSeverity",
    path: REPORTS,
    key: "report_id",
    ownKey: true,
    creatable: true,
    writable: ["report_id", "severity"],
    required: ["report_id", "severity"],
  },
  {
    report_id: t.string(),
    /** From 1 to 10. */
    severity: t.integer(),
  },
) {
  /** @internal All of them: `GET .../reports/severity`. */
  static query(client: ModelHost): ListQuery<ReportSeverity> {
    const { path } = routeOf(SEVERITIES, cloud(client).routes);
    return ListQuery.of(client, ReportSeverity, { path, under: "results" });
  }

  /** @internal `GET .../reports/{report_id}/severity` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const document = await askForObject(cloud(client), SEVERITY_READ, { values: { id: key } }, options);
    return { document: { report_id: key, ...document } };
  }

  protected override check(): void {
    const { severity } = this.toJSON();
    if (Number.isInteger(severity) && (severity as number) >= 1 && (severity as number) <= 10) return;
    throw new InvalidObjectError(`severity should be a whole number from 1 to 10, got ${shown(severity)}`);
  }

  protected override get itemPath(): string {
    return `${super.itemPath}/severity`;
  }

  /** `PUT .../reports/{report_id}/severity`, for a new one as well. */
  protected override createRequest(): WriteRequest {
    const { report_id: id, severity } = this.toJSON();
    const path = `${REPORTS}/${encodeURIComponent(String(id))}/severity`;
    return { method: "PUT", path, body: { report_id: id, severity } };
  }
}
