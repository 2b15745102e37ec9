import { describe, expect, it } from "vitest";
import type { BusEvent } from "../bus-event.js";
import { linesOf } from "./lines.js";

const GUID = "00000007-0000-04d2-01dc-7e21ac0fa800";
const line = (event: BusEvent, generation: "older" | "newer" = "newer"): Record<string, unknown>[] =>
  linesOf(event, { generation, server: "https://cb/" }).map((text) => {
    expect(text.endsWith("\n")).toBe(true);
    return JSON.parse(text) as Record<string, unknown>;
  });
const told = { subject: "s", time: 0 };
const header = { version: 4, timestamp: 116_444_736_015_000_000n };

describe("lines of JSON events", () => {
  it("are one for each document, with further names", () => {
    const document = {
      ...{ watchlist_id: 3, watchlist_name: "W", event_timestamp: 1.5, highlights: [{ name: "x", ids: [] }] },
      docs: [
        { unique_id: `${GUID}-000000000010`, process_md5: "ab".repeat(16), sensor_id: 7, comms_ip: -1_062_731_357 },
        { unique_id: GUID, hostname: "H", parent_unique_id: `${GUID}-00000001`, parent_md5: "0".repeat(30) },
      ],
    };
    expect(line({ ...told, key: "watchlist.hit.process", document })).toEqual([
      {
        ...{
          watchlist_id: 3,
          watchlist_name: "W",
          timestamp: 1.5,
          type: "watchlist.hit.process",
          cb_server: "cbserver",
        },
        docs: [
          {
            ...{ unique_id: `${GUID}-000000000010`, process_guid: GUID, segment_id: "16", sensor_id: 7 },
            ...{ process_md5: "AB".repeat(16), comms_ip: "192.168.1.163", link_sensor: "https://cb/#/host/7" },
            link_process_md5: `https://cb/#/binary/${"AB".repeat(16)}`,
            link_process: `https://cb/#analyze/${GUID}/16`,
          },
        ],
      },
      expect.objectContaining({
        docs: [
          {
            ...{ unique_id: GUID, process_guid: GUID, segment_id: "1", hostname: "H", computer_name: "H" },
            ...{ parent_unique_id: `${GUID}-00000001`, parent_guid: GUID, parent_segment_id: "1" },
            ...{ parent_md5: "0".repeat(30), link_process: `https://cb/#analyze/${GUID}/0` },
            link_parent: `https://cb/#analyze/${GUID}/1`,
          },
        ],
      }),
    ]);
  });

  it("leave the feed's number out of the type, and say what a query asks", () => {
    const value = JSON.stringify({ index_type: "events", search_query: "cb.urlver=1&q=process_name%3Aa.exe" });
    const document = { ioc_type: "query", ioc_value: value };
    expect(line({ ...told, key: "feed.24.query.hit.process", document })).toMatchObject([
      { type: "feed.query.hit.process", ioc_query_index: "events", ioc_query_string: "process_name:a.exe" },
    ]);
  });

  it("do not take an alert's id for a process's", () => {
    const document = { unique_id: "3fb1a0c2-0000-4000-a000-000000000000", process_id: GUID };
    expect(line({ ...told, key: "alert.watchlist.hit.query.process", document })).toMatchObject([
      { unique_id: document.unique_id, process_guid: GUID, segment_id: "1" },
    ]);
  });
});

describe("lines of sensors' messages", () => {
  const regmod = { action: 2, utf8_regpath: Buffer.from("\\x"), tamper: true, tamper_sent: false };

  it("have the names and the mistakes of their generation", () => {
    const key = "ingress.event.regmod";
    const common = { type: key, event_type: "regmod", timestamp: 1, path: "\\x", action: "writeval" };
    expect(line({ ...told, key, message: { header, regmod } }, "older")).toMatchObject([
      { ...common, actiontype: 2, tamper: true, tamper_sent: false },
    ]);
    expect(line({ ...told, key, message: { header, regmod } })).toMatchObject([
      { ...common, action_type: 2, tamper: false, tamper_sent: true },
    ]);
    const blocked = { blockedmd5Hash: Buffer.alloc(16, 0xab), blockedPath: "c:\\x" };
    expect(line({ ...told, key: "ingress.event.processblock", message: { header, blocked } })).toMatchObject([
      { type: "ingress.event.processblocked", event_type: "blocked_process", md5: "AB".repeat(16) },
    ]);
    const module = { md5: Buffer.from("AB".repeat(16)), utf8_FileDescription: "d", OriginalModuleLength: 5n };
    const [newer] = line({ ...told, key: "ingress.event.module", message: { header, module } });
    expect(newer).toMatchObject({ utf_8_file_dscription: "d", size: 5 });
    expect(line({ ...told, key: "ingress.event.module", message: { header, module } }, "older")).toMatchObject([
      { utf8_file_description: "d" },
    ]);
    const networkv2 = { protocol: 17, outbound: false };
    expect(line({ ...told, key: "ingress.event.netconn", message: { header, networkv2 } })).toMatchObject([
      { Protocol: 17, direction: "inbound" },
    ]);
  });

  it("name an action that has no name by its number", () => {
    const message = { header, filemod: { action: 16, type: 17 } };
    expect(line({ ...told, key: "ingress.event.filemod", message })).toMatchObject([
      { action: "unknown (16)", filetype_name: "OfficeOpenXml", file_type: 17 },
    ]);
  });
});
