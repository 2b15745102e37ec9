import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { SaveOptions, WritePlan } from "../../../core/model/mutable-model.js";
import { inTurn } from "../../../core/model/turns.js";
import type { DryRun } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { connectedTo, protection } from "../../host.js";
import { pathOf } from "../../paths.js";
import { ApprovalRequestQuery } from "../../queries/approval-request-query.js";
import { changedTo, presentIn, refuse } from "../checks.js";
import { Computer } from "../computers/computer.js";
import { FileCatalog } from "../files/file-catalog.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import {
  ApprovalPriority,
  ApprovalRequestType,
  ApprovalResolution,
  ApprovalStatus,
  EnforcementLevel,
} from "../names.js";
import { Policy } from "../policies/policy.js";
import { type ApprovalDecision, checkDecision } from "./decision.js";
import { resolveOne } from "./resolve-one.js";
import { refusedStep } from "./transitions.js";

const { Submitted, Open, Closed, Escalated } = ApprovalStatus;

/** How the status of a request is changed. */
export interface ApprovalStatusOptions extends Omit<SaveOptions, "verify"> {
  /** A word to the user who has asked. */
  readonly resolutionComments?: string | undefined;
}

/** The options of a call that changes one request. */
const SAVING = ["dryRun", ...CALL];

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
    keyOnly: ["open", "escalate", "resolve"],
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
  static query(client: ModelHost): ApprovalRequestQuery {
    return new ApprovalRequestQuery(client, ApprovalRequest, {});
  }

  /** @internal `GET /approvalRequest?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, ApprovalRequest, keys, options);
  }

  /**
   * Opens it, so that others see that somebody is at it: reads it, and sends `PUT /approvalRequest/{id}` unless it is open.
   * Changes that were not saved are left alone. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   * @throws InvalidObjectError when the server's version does not let it be opened from where it stands
   */
  async open<D extends boolean | undefined = false>(
    options?: ApprovalStatusOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async open(options: ApprovalStatusOptions = {}): Promise<this | WritePlan | undefined> {
    return this.#become("open()", Open, options);
  }

  /** Escalates it, as {@link ApprovalRequest.open} opens it. Needs a server from 8.0 on. */
  async escalate<D extends boolean | undefined = false>(
    options?: ApprovalStatusOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async escalate(options: ApprovalStatusOptions = {}): Promise<this | WritePlan | undefined> {
    return this.#become("escalate()", Escalated, options);
  }

  /**
   * Resolves and closes it, and makes the rule for its file first where the decision wants one: reads it and the rules for
   * its file, sends what is not so already, and reads it back. One that is escalated is opened before, as not every server
   * closes it otherwise. With `dryRun`, gives all that would be sent, `undefined` when nothing would be. Many at once:
   * {@link ApprovalRequestQuery.resolve}, which says more of rules.
   * @example
   * const rule = { fileState: FileState.Approved, policies: "request" } as const;
   * await request.resolve({ resolution: ApprovalResolution.Approved, resolutionComments: "ok", rule });
   * @throws ApiError when it was resolved otherwise before (`code` is `ALREADY_RESOLVED`), the server does not know its file
   * and the decision wants a rule (`FILE_UNKNOWN`), or a rule says otherwise of the file (`RULED_OTHERWISE`): nothing is sent
   * then
   */
  async resolve<D extends boolean | undefined = false>(
    decision: ApprovalDecision,
    options?: Omit<SaveOptions, "verify"> & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async resolve(
    decision: ApprovalDecision,
    options: Omit<SaveOptions, "verify"> = {},
  ): Promise<this | WritePlan | undefined> {
    checkCall("resolve()", options, SAVING);
    checkDecision(decision);
    return inTurn(this, options, (call) => resolveOne(this, decision, options.dryRun === true, call)) as Promise<
      this | WritePlan | undefined
    >;
  }

  protected override async prepare(options: CallOptions): Promise<void> {
    await connectedTo(ApprovalRequest.stateOf(this).client, options);
  }

  protected override check(): void {
    const to = changedTo(this, "status");
    const version = protection(ApprovalRequest.stateOf(this).client).cb_server_version;
    const refused = typeof to === "number" ? refusedStep(presentIn(this, "status"), to, version) : undefined;
    if (refused !== undefined) refuse(this, refused);
    if (changedTo(this, "resolution") !== undefined && this.status === Submitted) {
      refuse(this, "resolution can be set once it is open or closed. Set status to 2 (Open) or 3 (Closed) as well");
    }
  }

  #become(method: string, status: number, options: ApprovalStatusOptions): Promise<this | WritePlan | undefined> {
    checkCall(method, options, [...SAVING, "resolutionComments"]);
    const { resolutionComments, ...saving } = options;
    const values = { status, ...(resolutionComments === undefined ? {} : { resolutionComments }) };
    return this.changeNow(values, saving, {
      refuse: (document) => {
        const version = protection(ApprovalRequest.stateOf(this).client).cb_server_version;
        const refused = refusedStep(document["status"], status, version);
        if (refused !== undefined) refuse(this, refused);
      },
    });
  }
}
