import { randomUUID } from "node:crypto";
import { isIPv6 } from "node:net";
import { ApiError, InvalidObjectError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Document } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import { rawField } from "../../../core/model/model.js";
import type { DryRun, SaveOptions } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { ask, askForObject, tell } from "../../../psc/send.js";
import { IOC_IGNORE, IOC_IGNORED, IOC_UNIGNORE } from "./calls.js";
import { checkIocV2 } from "./ioc-values.js";
import type { ReportName } from "./report-key.js";

/** The report that an indicator was read from. */
interface IocHome {
  readonly report: ReportName | undefined;
}

const KEPT = "IOCs are kept in their report: add it with report.appendIocs([ioc]), and save() the report";

/**
 * One indicator of compromise of a report, in the newer form. It is saved with its report.
 *
 * @example
 * report.appendIocs([IOC_V2.createEquality(cb, null, "netconn_ipv4", "203.0.113.7")]);
 * await report.save();
 */
export class IOC_V2 extends defineModel(
  {
    name: "IOC_V2",
    path: "",
    key: "id",
    creatable: true,
    deletable: false,
    writable: ["id", "match_type", "values", "field", "link"],
    required: ["match_type", "values"],
    unreadable: "IOC_V2 can only be read with its report: report.iocs_",
  },
  {
    /** The only one of its report. */
    id: t.string(),
    /** `equality`, `regex` or `query`. */
    match_type: t.string(),
    /** Any of them will do. */
    values: t.array(t.string()),
    /** What is compared; a `query` has none. */
    field: t.string(),
    /** Where to read on. */
    link: t.string(),
  },
) {
  /** @internal One of a report's indicators. */
  static of(client: ModelHost, document: Document, report: ReportName | undefined): IOC_V2 {
    const key = typeof document["id"] === "string" ? document["id"] : undefined;
    return new IOC_V2({ client, key, document, completeness: Completeness.full, settings: { report } as IocHome });
  }

  /**
   * A new indicator that is a search in the words of process searches.
   * @param id its name in the report; `null` for one that is made up
   */
  static createQuery(client: ModelHost, id: string | null, query: string): IOC_V2 {
    return made(client, { id, match_type: "query", values: [query] });
  }

  /**
   * A new indicator that a field is one of these values.
   * @param id its name in the report; `null` for one that is made up
   * @throws InvalidObjectError when a value is none of the field's, as `netconn_ipv4` has addresses
   */
  static createEquality(client: ModelHost, id: string | null, field: string, ...values: string[]): IOC_V2 {
    return made(client, { id, match_type: "equality", field, values });
  }

  /**
   * A new indicator that a field matches one of these regular expressions.
   * @param id its name in the report; `null` for one that is made up
   */
  static createRegex(client: ModelHost, id: string | null, field: string, ...values: string[]): IOC_V2 {
    return made(client, { id, match_type: "regex", field, values });
  }

  /**
   * An IPv6 address as indicators and searches compare it: 32 hex digits in capitals, without colons.
   * @throws ApiError when it is no IPv6 address
   * @example IOC_V2.ipv6EqualityFormat("fe80::1") // "FE800000000000000000000000000001"
   */
  static ipv6EqualityFormat(address: string): string {
    if (typeof address !== "string" || !isIPv6(address) || address.includes("%")) {
      throw new ApiError(`${JSON.stringify(address)} is no IPv6 address`, { code: "INVALID_ARGUMENT" });
    }
    return expanded(address).toUpperCase();
  }

  protected override check(): void {
    checkIocV2(this.toJSON());
  }

  /** @throws ApiError always: see {@link Report.appendIocs} */
  override async save<D extends boolean | undefined = false>(
    _options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>> {
    await this.validate();
    throw new ApiError(KEPT);
  }

  /** Whether it is passed over: {@link IOC_V2.getIgnored}. */
  get ignored(): PromiseLike<boolean> {
    return new Lazy("ignored", () => this.getIgnored());
  }

  /**
   * Whether it is passed over: `GET .../reports/{report_id}/iocs/{id}/ignore`.
   * @throws InvalidObjectError when it is no indicator of a watchlist report
   */
  async getIgnored(options: CallOptions = {}): Promise<boolean> {
    const values = this.#place("ignore status only applies");
    const { client } = IOC_V2.stateOf(this);
    return (await askForObject(cloud(client), IOC_IGNORED, { values }, options))["ignored"] === true;
  }

  /**
   * Has it passed over from now on: `PUT .../reports/{report_id}/iocs/{id}/ignore`.
   * @throws InvalidObjectError when it is no indicator of a watchlist report
   */
  async ignore(options: CallOptions = {}): Promise<void> {
    const values = this.#place("ignoring only applies");
    await ask(cloud(IOC_V2.stateOf(this).client), IOC_IGNORE, { values, json: null }, options);
  }

  /**
   * Has it heeded again: `DELETE .../reports/{report_id}/iocs/{id}/ignore`.
   * @throws InvalidObjectError when it is no indicator of a watchlist report
   */
  async unignore(options: CallOptions = {}): Promise<void> {
    const values = this.#place("ignoring only applies");
    await tell(cloud(IOC_V2.stateOf(this).client), IOC_UNIGNORE, { values }, options);
  }

  #place(what: string): { readonly report: string; readonly id: string } {
    const state = IOC_V2.stateOf(this);
    const id = state.key ?? rawField(state, "id");
    if (typeof id !== "string" || id === "") throw new InvalidObjectError("missing IOC ID");
    const report = (state.settings as IocHome | undefined)?.report;
    if (report === undefined || report.feed !== undefined) {
      throw new InvalidObjectError(
        `${what} to watchlist IOCs: this one is ${report === undefined ? "in no report that was saved" : "a feed's"}`,
      );
    }
    return { report: report.id, id };
  }
}

function made(client: ModelHost, { id, ...values }: Readonly<Record<string, unknown>>): IOC_V2 {
  const ioc = cloud(client).create(IOC_V2, { id: (id as string | null) ?? randomUUID(), ...values });
  checkIocV2(ioc.toJSON());
  return ioc;
}

/** All digits of an address. */
function expanded(address: string): string {
  // The last four bytes may be written as an IPv4 address.
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = "", tail] = hex.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((part) => part.padStart(4, "0")).join("");
}
