import { ApiError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { DryRun, SaveOptions } from "../../../core/model/write-plan.js";
import { checkIocs, type IocQuery } from "./ioc-values.js";

/**
 * The indicators of a report in the older form, by kind. The server makes the newer form of them. They are saved with
 * their report, as its `iocs`.
 */
export class IOC extends defineModel(
  {
    name: "IOC",
    path: "",
    key: "md5",
    keyOf: () => undefined,
    creatable: true,
    deletable: false,
    writable: ["md5", "ipv4", "ipv6", "dns", "query"],
    unreadable: "IOC can only be read with its report: report.iocs",
  },
  {
    md5: t.array(t.string()),
    ipv4: t.array(t.string()),
    ipv6: t.array(t.string()),
    dns: t.array(t.string()),
    /** Searches. */
    query: t.array(t.object<IocQuery>()),
  },
) {
  protected override check(): void {
    checkIocs(this.toJSON());
  }

  /** @throws ApiError always: they are given to a report, `report.set({ iocs })` */
  override async save<D extends boolean | undefined = false>(
    _options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>> {
    await this.validate();
    throw new ApiError("IOCs are kept in their report: report.set({ iocs }), and save() the report");
  }
}
