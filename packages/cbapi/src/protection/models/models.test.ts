import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/errors.js";
import { isField } from "../../core/model/fields.js";
import type { Model, ModelClass } from "../../core/model/model.js";
import { isRelation } from "../../core/model/relations.js";
import { protectionServer } from "../../test-support/protection-server.js";
import { Connector } from "./analysis/connector.js";
import { Notification } from "./analysis/notification.js";
import { PendingAnalysis } from "./analysis/pending-analysis.js";
import { ApprovalRequest } from "./approvals/approval-request.js";
import { Certificate } from "./approvals/certificate.js";
import { Publisher } from "./approvals/publisher.js";
import { PublisherCertificate } from "./approvals/publisher-certificate.js";
import { ScriptRule } from "./approvals/script-rule.js";
import { TrustedDirectory } from "./approvals/trusted-directory.js";
import { TrustedUser } from "./approvals/trusted-user.js";
import { Updater } from "./approvals/updater.js";
import { Computer } from "./computers/computer.js";
import { Event } from "./events/event.js";
import { InternalEvent } from "./events/internal-event.js";
import { MeteredExecution } from "./events/metered-execution.js";
import { Notifier } from "./events/notifier.js";
import { FileAnalysis } from "./files/file-analysis.js";
import { FileCatalog } from "./files/file-catalog.js";
import { FileInstance } from "./files/file-instance.js";
import { FileInstanceDeleted } from "./files/file-instance-deleted.js";
import { FileInstanceGroup } from "./files/file-instance-group.js";
import { FileRule } from "./files/file-rule.js";
import { FileUpload } from "./files/file-upload.js";
import { DriftReport } from "./policies/drift-report.js";
import { DriftReportContents } from "./policies/drift-report-contents.js";
import { GrantedUserPolicyPermission } from "./policies/granted-user-policy-permission.js";
import { Policy } from "./policies/policy.js";
import { ServerConfig } from "./server/server-config.js";
import { ServerPerformance } from "./server/server-performance.js";
import { User } from "./server/user.js";
import { UserGroup } from "./server/user-group.js";

/** What a server offers of each kind of object: C creates, U updates, D deletes; and since when it has them. */
const OBJECTS: readonly [model: ModelClass, path: string, operations: string, since?: "8.0"][] = [
  [ApprovalRequest, "approvalRequest", "U"],
  [Certificate, "certificate", "UD"],
  [Computer, "computer", "UD"],
  [Connector, "connector", "CUD"],
  [DriftReport, "driftReport", "", "8.0"],
  [DriftReportContents, "driftReportContents", "", "8.0"],
  [Event, "event", ""],
  [FileAnalysis, "fileAnalysis", "CU"],
  [FileCatalog, "fileCatalog", ""],
  [FileInstance, "fileInstance", "U"],
  [FileInstanceDeleted, "fileInstanceDeleted", ""],
  [FileInstanceGroup, "fileInstanceGroup", ""],
  [FileRule, "fileRule", "CUD"],
  [FileUpload, "fileUpload", "CU"],
  [GrantedUserPolicyPermission, "grantedUserPolicyPermission", "", "8.0"],
  [InternalEvent, "internalEvent", ""],
  [MeteredExecution, "meteredExecution", ""],
  [Notification, "notification", "CU"],
  [Notifier, "notifier", ""],
  [PendingAnalysis, "pendingAnalysis", "U"],
  [Policy, "policy", "CUD"],
  [Publisher, "publisher", "UD"],
  [PublisherCertificate, "publisherCertificate", "", "8.0"],
  [ScriptRule, "scriptRule", "CUD", "8.0"],
  [ServerConfig, "serverConfig", ""],
  [ServerPerformance, "serverPerformance", ""],
  [TrustedDirectory, "trustedDirectory", "CUD", "8.0"],
  [TrustedUser, "trustedUser", "CUD", "8.0"],
  [Updater, "updater", "U"],
  [User, "user", "CUD", "8.0"],
  [UserGroup, "userGroup", "CUD", "8.0"],
];

/** Those that cannot be read by their id. */
const WITHOUT_ID: readonly ModelClass[] = [Notification, ServerPerformance];

describe("every object of the server", () => {
  it.each(OBJECTS)(
    "%o is where the server has it, and can what the server lets it",
    (model, path, operations, since) => {
      const { spec, record } = model;
      expect(spec.path).toBe(`/api/bit9platform/v1/${path}`);
      expect(spec.name.toLowerCase()).toBe(path.toLowerCase());
      const can = [
        spec.creatable === true ? "C" : "",
        spec.writable === undefined ? "" : "U",
        (spec.deletable ?? spec.creatable) === true ? "D" : "",
      ].join("");
      expect(can).toBe(operations);
      expect(spec.minimumVersion).toEqual(since === undefined ? undefined : [8, 0]);
      for (const name of [...(spec.writable ?? []), ...(spec.required ?? [])]) {
        expect([name, isField(Reflect.get(record, name))]).toEqual([name, true]);
      }
      // Whoever updates sends the id and what was changed, and nothing that was only read.
      if (spec.writable !== undefined && model !== Notification) expect(spec.update).toBe("key and changes");
    },
  );

  it("leads to nothing where it names nothing: 0, null or no word of it, and nothing is sent", async () => {
    const kinds = OBJECTS.filter(([model]) => !WITHOUT_ID.includes(model));
    const routes = kinds.flatMap(([{ record }, path]) => {
      const keys = Object.keys(record).filter((name) => /Id$/.test(name));
      return [0, null, undefined].map((none, id) => {
        const document = { ...Object.fromEntries(keys.map((name) => [name, none])), id };
        return [`${path}/${id}`, document] as const;
      });
    });
    const { cb, requests } = await protectionServer(Object.fromEntries(routes));
    let count = 0;
    for (const [model] of kinds) {
      const joins = Object.entries(Object.getOwnPropertyDescriptors(model.record))
        .filter(([name, { get }]) => get !== undefined && isRelation(Reflect.get(model.record, name)))
        .map(([name]) => name);
      for (const id of [0, 1, 2]) {
        const found = await cb.select(model, id);
        for (const join of joins) expect([join, await Reflect.get(found, join)]).toEqual([join, undefined]);
      }
      count += joins.length;
    }
    expect(count).toBeGreaterThan(50);
    const sent = requests.filter((path) => path !== "serverConfig?limit=0");
    expect(sent.length).toBe(3 * kinds.length);
  });

  it("that is read only refuses a new value, by the field's name", async () => {
    const { cb } = await protectionServer({ "fileCatalog/5": { id: 5 }, "event/5": { id: 5 }, "updater/5": { id: 5 } });
    const assigning = async (model: ModelClass, field: string, value: unknown) => {
      const found: Model = await cb.select(model, 5);
      try {
        Reflect.set(found, field, value);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    for (const [model, field] of [
      [FileCatalog, "fileState"],
      [Event, "description"],
      [Updater, "name"],
    ] as const) {
      const error = await assigning(model, field, 2);
      expect(error).toBeInstanceOf(ApiError);
      expect((error as Error).message).toMatch(
        new RegExp(`^Field ${field} is immutable: .*${model.spec.name}.${field}`),
      );
    }
  });

  it("that a server of 7.2 does not have is refused, when it is selected or made, and nothing is sent", async () => {
    const { cb, requests } = await protectionServer({}, { version: "7.2.3.1100" });
    await cb.connect();
    requests.length = 0;
    for (const [model] of OBJECTS.filter(([, , , since]) => since !== undefined)) {
      const wanted = `${model.spec.name} API requires at least server version 8.0`;
      expect(() => cb.select(model, 1)).toThrow(wanted);
      if (model.spec.creatable === true) expect(() => cb.create(model)).toThrow(wanted);
    }
    expect(requests).toEqual([]);
  });
});

describe("an object of which little is documented", () => {
  it("gives all that the server sends, and takes fields by whatever name", async () => {
    const { cb, writes } = await protectionServer({
      trustedDirectory: ({ method, body }) =>
        method === "POST"
          ? { ...(body as object), id: 9 }
          : [{ id: 9, description: "Builds", path: "\\\\nas\\builds" }],
      "trustedDirectory/9": ({ body }) => ({ id: 9, description: "Builds", ...(body as object) }),
    });
    const found = await cb.select(TrustedDirectory).where({ path: "*builds" }).one();
    expect([found.description, found.get("path")]).toEqual(["Builds", "\\\\nas\\builds"]);
    await found.set({ enabled: false }).save();
    const made = await cb.create(TrustedDirectory, { description: "Tools", path: "c:\\tools" }).save();
    expect(made.id).toBe(9);
    expect(writes).toEqual([
      { method: "PUT", path: "trustedDirectory/9", body: { id: 9, enabled: false } },
      { method: "POST", path: "trustedDirectory", body: { description: "Tools", path: "c:\\tools" } },
    ]);
    // What the object is itself stays its own.
    expect(() => found.set({ save: 1 } as never)).toThrow("TrustedDirectory has no field named save");
    expect(() => cb.create(FileRule, { colour: "red" } as never)).toThrow("FileRule has no field named colour");
  });
});
