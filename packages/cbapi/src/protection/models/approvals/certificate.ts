import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { DryRun, SaveOptions, WritePlan } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { CertificateState, FileState, SourceType } from "../names.js";
import { Publisher } from "./publisher.js";
import { clearSigner, type SignerOptions, stateSigner } from "./signer-state.js";
import { unruled } from "./unruled.js";

/** What approvals and bans take. */
const STATING = ["description", "dryRun", "verify", ...CALL] as const;

/**
 * A certificate that files were signed with, or that stands above such a one.
 *
 * Reading it needs the permission "View software rules pages", changing it "Manage publisher rules" as well. Saving sends
 * `PUT /certificate/{id}` with the id and the changes. `delete()` lifts its approval or ban: `DELETE /certificate/{id}`; the
 * certificate stays, and `load()` reads what it is then.
 */
export class Certificate extends defineModel(
  {
    name: "Certificate",
    path: pathOf("certificate"),
    key: "id",
    writable: ["description", "certificateState"],
    deletable: true,
    update: "key and changes",
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** The certificate above it, 0 for none. */
    parentCertificateId: t.integer(),
    publisherId: t.integer(),
    firstSeenComputerId: t.integer(),
    thumbprint: t.string(),
    thumbprintAlgorithm: t.string(),
    subjectName: t.string(),
    signatureAlgorithm: t.string(),
    serialNumber: t.string(),
    publicKeyAlgorithm: t.string(),
    /** In bits. */
    publicKeySize: t.integer(),
    validFrom: t.dateTime(),
    validTo: t.dateTime(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    /** Can be changed. */
    description: t.string(),
    sourceType: t.code(SourceType),
    modifiedByUser: t.string(),
    /** Whether it stands between a root and others. */
    intermediary: t.boolean(),
    valid: t.boolean(),
    /** Whether it was seen inside files. */
    embedded: t.boolean(),
    /** Whether it was seen beside files. */
    detached: t.boolean(),
    signer: t.boolean(),
    cosigner: t.boolean(),
    /** Can be changed: approved, banned, or neither. */
    certificateState: t.code(CertificateState, [
      CertificateState.Unapproved,
      CertificateState.Approved,
      CertificateState.Banned,
    ]),
    /** What follows from its own state and those of the certificates above it. */
    certificateEffectiveState: t.code(CertificateState),
    clVersion: t.integer(),
    /** The certificate above it: `GET /certificate/{id}`; `undefined` for a root. */
    get parent() {
      return foreign(Certificate, "parentCertificateId");
    },
    /** Whose it is: `GET /publisher/{id}`. */
    get publisher() {
      return foreign(Publisher, "publisherId");
    },
    /** Where it was first seen: `GET /computer/{id}`. */
    get firstSeenComputer() {
      return foreign(Computer, "firstSeenComputerId");
    },
  },
) {
  /** @internal A search for certificates, which has not been sent: `GET /certificate`. */
  static query(client: ModelHost): ProtectionQuery<Certificate> {
    return ProtectionQuery.of(client, Certificate);
  }

  /** @internal `GET /certificate?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, Certificate, keys, options);
  }

  /**
   * Approves the files that are signed with it, or with certificates below it: reads it, and when it is not approved, sends
   * `PUT /certificate/{id}`. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   * @throws ServerError with code `WRITE_NOT_APPLIED` when the server accepted it and the certificate does not have the state
   */
  async approve<D extends boolean | undefined = false>(
    options?: SignerOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async approve(options: SignerOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("approve()", options, STATING);
    return stateSigner(this, FileState.Approved, options);
  }

  /** Bans the files that are signed with it, as {@link Certificate.approve} approves them. */
  async ban<D extends boolean | undefined = false>(
    options?: SignerOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async ban(options: SignerOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("ban()", options, STATING);
    return stateSigner(this, FileState.Banned, options);
  }

  /**
   * Lifts its approval or ban: reads it, and when it has one, sends `DELETE /certificate/{id}`; the certificate stays. With `dryRun`,
   * gives what would be sent, `undefined` when nothing would be.
   */
  async clear<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async clear(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("clear()", options, ["dryRun", "verify", ...CALL]);
    return clearSigner(this, options);
  }

  protected override afterDelete(): void {
    unruled(this, "certificateState", "certificateEffectiveState");
  }
}
