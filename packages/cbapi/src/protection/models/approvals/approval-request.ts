import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { protection } from "../../host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { changedTo, presentIn, refuse } from "../checks.js";
import { Computer } from "../computers/computer.js";
import { FileCatalog } from "../files/file-catalog.js";
import { foreign } from "../foreign.js";
import {
  ApprovalPriority,
  ApprovalRequestType,
  ApprovalResolution,
  ApprovalStatus,
  EnforcementLevel,
} from "../names.js";
import { Policy } from "../policies/policy.js";

const { Submitted, Open, Closed, Escalated } = ApprovalStatus;

/** Where a request may go from where it stands, on servers before 8.0. Later ones let it go anywhere but back. */
const BEFORE_8: Readonly<Record<number, readonly number[]>> = {
  [Submitted]: [Open, Closed],
  [Open]: [Closed],
  [Closed]: [],
};

/**
 * What a user asks for who was kept from running a file.
 *
 * Reading it needs the permission "View approval requests", changing it "Manage approval requests" as well. Saving sends
 * `PUT /approvalRequest/{id}` with the id and the changes. A resolution makes no rule by itself, and wants a request that is
 * open or closed, or becomes so with the same change.
 * @example
 * const request = await p.select(ApprovalRequest).where("status:1").sort("dateCreated").first();
 * request?.set({ status: ApprovalStatus.Closed, resolution: ApprovalResolution.Approved, resolutionComments: "ok" });
 * await request?.save();
 */
export class ApprovalRequest extends defineModel(
  {
    name: "ApprovalRequest",
    path: pathOf("approvalRequest"),
    key: "id",
    writable: ["resolution", "requestorEmail", "resolutionComments", "status"],
    update: "key and changes",
  },
  {
    id: t.integer(),
    fileCatalogId: t.integer(),
    installerFileCatalogId: t.integer(),
    processFileCatalogId: t.integer(),
    computerId: t.integer(),
    computerName: t.string(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    /** The user on the endpoint. */
    createdBy: t.string(),
    /** From 8.0 on. */
    createdByUserId: t.integer(),
    /** The name of the user of the console. */
    modifiedBy: t.string(),
    /** From 8.0 on. */
    modifiedByUserId: t.integer(),
    /** The agent's, when it was asked. */
    enforcementLevel: t.code(EnforcementLevel),
    /** Can be changed, while `status` is open or closed. */
    resolution: t.code(ApprovalResolution),
    requestType: t.code(ApprovalRequestType),
    requestorComments: t.string(),
    /** Can be changed. */
    requestorEmail: t.string(),
    priority: t.code(ApprovalPriority),
    /** Can be changed. */
    resolutionComments: t.string(),
    /** Can be changed, but not back to `Submitted`. Before 8.0: from submitted to open or closed, from open to closed. */
    status: t.code(ApprovalStatus, [Open, Closed, Escalated]),
    /** The computer's policy, when it was asked. */
    policyId: t.integer(),
    /** Whether the file was blocked more than once. */
    multipleBlocks: t.boolean(),
    /** On the endpoint. */
    fileName: t.string(),
    /** On the endpoint. */
    pathName: t.string(),
    /** The path of the process that wanted to run it. */
    process: t.string(),
    /** The rule that blocked it. */
    customRuleId: t.integer(),
    /** From 8.0 on. */
    platform: t.string(),
    /** What it asks for: `GET /fileCatalog/{id}`; `undefined` where the server does not know the file. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** What the file was installed by: `GET /fileCatalog/{id}`; `undefined` where that is not known. */
    get installerFileCatalog() {
      return foreign(FileCatalog, "installerFileCatalogId");
    },
    /** The program of the process that wanted to run it: `GET /fileCatalog/{id}`; `undefined` where that is not known. */
    get processFileCatalog() {
      return foreign(FileCatalog, "processFileCatalogId");
    },
    /** Where it happened: `GET /computer/{id}`. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** The computer's policy, when it was asked: `GET /policy/{id}`. */
    get policy() {
      return foreign(Policy, "policyId");
    },
  },
) {
  /** @internal A search for requests, which has not been sent: `GET /approvalRequest`. */
  static query(client: ModelHost): ProtectionQuery<ApprovalRequest> {
    return ProtectionQuery.of(client, ApprovalRequest);
  }

  protected override check(): void {
    this.#checkStatus();
    if (changedTo(this, "resolution") !== undefined && this.status === Submitted) {
      refuse(this, "resolution can be set once it is open or closed. Set status to 2 (Open) or 3 (Closed) as well");
    }
  }

  /** Where the server's version is not known, all that 8.0 and later take goes out. */
  #checkStatus(): void {
    const to = changedTo(this, "status");
    const version = protection(ApprovalRequest.stateOf(this).client).cb_server_version;
    if (typeof to !== "number" || version === undefined || version.atLeast(8)) return;
    const from = presentIn(this, "status");
    const allowed = typeof from === "number" ? BEFORE_8[from] : undefined;
    if (allowed === undefined || allowed.includes(to)) return;
    const where = allowed.length === 0 ? "stays as it is" : `can become ${allowed.join(" or ")}`;
    refuse(this, `status ${to} is not taken by server version ${version}: one of status ${from} ${where}`);
  }
}
