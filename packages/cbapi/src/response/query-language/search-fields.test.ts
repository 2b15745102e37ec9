import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { Q, range, wildcard } from "../../core/query/terms.js";
import { edrServer } from "../../test-support/edr-server.js";
import { Binary } from "../models/binary/binary.js";
import { Alert } from "../models/detection/alert.js";
import { ThreatReport } from "../models/detection/threat-report.js";
import { Process } from "../models/process/process.js";
import { searchFields } from "./search-fields.js";

describe("terms", () => {
  it.each([
    ["proces_name", "process_name"],
    ["hotsname", "hostname"],
    ["process_nmae", "process_name"],
    ["Hostname", "hostname"],
    ["cmd_line", "cmdline"],
    ["ip_addr", "ipaddr"],
    ["digsig_reslt", "digsig_result"],
  ])("over %s are refused at once, and %s is named", async (typed, meant) => {
    const { cb, requests } = await edrServer({});
    const error = thrown(() => cb.select(Process).where({ [typed]: "x" } as never));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "UNKNOWN_FIELD" });
    expect(error.message).toMatch(`Process searches have no field "${typed}". Did you mean ${meant}`);
    expect(() =>
      cb
        .select(Process)
        .where("a:b")
        .and({ hostname: "h", [typed]: "x" } as never),
    ).toThrow(meant);
    expect(() => cb.select(Process).where(Q({ hostname: "h" }).and(Q({ [typed]: 1 }).not()))).toThrow(meant);
    expect(requests).toEqual([]);
  });

  it("are refused without a guess where nothing is like them", async () => {
    const { cb } = await edrServer({});
    for (const name of [
      "os",
      "banana",
      "watchlist_name",
      "watchlist_",
      "alliance_fame_nvd",
      "alliance_score_",
      "__proto__x",
    ]) {
      const error = thrown(() => cb.select(Process).where({ [name]: "x" } as never));
      expect(error.message).toMatch(`Process searches have no field "${name}"`);
    }
    expect(thrown(() => cb.select(Process).where({ banana: "x" } as never)).message).not.toContain("Did you mean");
    expect(thrown(() => cb.select(Process).where({ toString: "x" } as never))).toBeInstanceOf(ApiError);
    expect(thrown(() => cb.select(Process).where({ host_count_sibling: "x" } as never)).message).toContain("no field");
  });

  it("are those of what is searched for", async () => {
    const { cb } = await edrServer({});
    const { process, binary, alert, threatReport } = searchFields;
    expect(cb.select(Process).where({ digsig_result_modload: "Unsigned", watchlist_7: wildcard("2018*") }).query).toBe(
      "digsig_result_modload:Unsigned watchlist_7:2018*",
    );
    expect(cb.select(Binary).where({ alliance_score_my_feed: range(50, undefined), host_count: 1 }).query).toBe(
      "alliance_score_my_feed:[50 TO *] host_count:1",
    );
    expect(cb.select(Alert).where({ status: "In Progress", alert_severity: range(50, 100) }).query).toBe(
      'status:"In Progress" alert_severity:[50 TO 100]',
    );
    expect(cb.select(ThreatReport).where({ feed_id: 5, is_ignored: false }).query).toBe("feed_id:5 is_ignored:false");
    expect(() => cb.select(Binary).where({ process_name: "x" } as never)).toThrow("Binary searches have no field");
    expect(() => cb.select(Alert).where({ cmdline: "x" } as never)).toThrow('Alert searches have no field "cmdline"');
    expect(() => cb.select(ThreatReport).where({ titel: "x" } as never)).toThrow("Did you mean title");
    expect([
      process.has("cmdline"),
      binary.has("cmdline"),
      alert.has("watchlist_id"),
      threatReport.has("watchlist_1"),
    ]).toEqual([true, false, true, false]);
    expect(process.fields["cmdline"]).toEqual({ type: "cmdline", byDefault: true });
    expect(process.fields["netconn_count"]).toEqual({ type: "count", byDefault: false });
  });

  it("are not looked for in query text and templates, as newer servers know more fields", async () => {
    const { cb } = await edrServer({});
    expect(cb.select(Process).where("from_the_future:1").and`proces_name:${"x y"}`.query).toBe(
      'from_the_future:1 proces_name:"x y"',
    );
  });
});

function thrown(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}
