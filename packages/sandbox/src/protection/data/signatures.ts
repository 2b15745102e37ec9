import { createHash } from "node:crypto";
import type { BinaryRecord } from "../../domain/index.js";
import { hash32, Random } from "../../organisation/random.js";
import type { CertificateRecord, PublisherRecord } from "../objects/index.js";
import type { ObjectWriter } from "./writer.js";

const YEAR = 365 * 86_400_000;

/** Publishers and certificates by what binaries are signed with, made when the first file of theirs is seen. */
export class Signers {
  readonly #publishers = new Map<string, PublisherRecord>();
  readonly #certificates = new Map<string, CertificateRecord>();

  constructor(
    private readonly writer: ObjectWriter,
    private readonly world: { readonly seed: string; readonly start: number; readonly everywhere: string },
    known: { publishers: readonly PublisherRecord[]; certificates: readonly CertificateRecord[] },
  ) {
    for (const each of known.publishers) this.#publishers.set(each.name ?? "", each);
    for (const each of known.certificates) this.#certificates.set(each.subjectName ?? "", each);
  }

  /** Who has signed a file, if it is signed by anybody. */
  of(
    binary: BinaryRecord,
    computerId: number,
  ): { publisher: PublisherRecord; certificate: CertificateRecord } | undefined {
    const { digsig_publisher: name, digsig_result, os_type } = binary;
    if (name === undefined || digsig_result === "Unsigned") return undefined;
    const publisher = this.#publishers.get(name) ?? this.#publisher(name, computerId, os_type);
    const issuer = binary.digsig_issuer ?? `${name} Code Signing CA`;
    const known = this.#certificates.get(name);
    if (known !== undefined) return { publisher, certificate: known };
    const parent = this.#certificates.get(issuer) ?? this.#certificate(issuer, 0, publisher.id, computerId, true);
    const certificate = this.#certificate(name, parent.id, publisher.id, computerId, false);
    const pair = { publisherId: publisher.id, certificateId: certificate.id };
    this.writer.add("protection_publisherCertificate", pair);
    return { publisher, certificate };
  }

  #publisher(name: string, firstSeenComputerId: number, os: BinaryRecord["os_type"]): PublisherRecord {
    const trusted = /^Microsoft/.test(name);
    // Microsoft's files are left to their reputation: of the guide's hosts there would be nothing else.
    const approved = !trusted && hash32(name) % 3 === 0;
    const made = this.writer.add("protection_publisher", {
      ...{
        name,
        description: null,
        modifiedBy: "admin",
        dateCreated: this.world.start - YEAR,
        dateModified: this.world.start - YEAR,
      },
      ...{ publisherReputation: trusted ? 3 : 2, publisherState: approved ? 2 : 1, policyIds: this.world.everywhere },
      ...{ reputationApprovalsEnabled: true, acknowledged: false, sourceType: 1, firstSeenComputerId },
      ...{ platformFlags: { Windows: 1, OSX: 2, Linux: 4 }[os], hidden: false, clVersion: 400 },
    });
    this.#publishers.set(name, made);
    return made;
  }

  #certificate(
    subjectName: string,
    parentCertificateId: number,
    publisherId: number,
    firstSeenComputerId: number,
    intermediary: boolean,
  ): CertificateRecord {
    const random = new Random(`${this.world.seed}/protection/certificate/${subjectName}`);
    const from = this.world.start - random.between(1, 4) * YEAR;
    const made = this.writer.add("protection_certificate", {
      ...{ parentCertificateId, publisherId: intermediary ? 0 : publisherId, firstSeenComputerId, subjectName },
      thumbprint: createHash("sha1").update(subjectName).digest("hex"),
      ...{ thumbprintAlgorithm: "SHA1", signatureAlgorithm: "sha256RSA", serialNumber: random.hex(32) },
      ...{ validFrom: from, validTo: from + 8 * YEAR, publicKeyAlgorithm: "RSA", publicKeySize: 2048 },
      ...{
        dateCreated: this.world.start - YEAR,
        dateModified: this.world.start - YEAR,
        description: null,
        sourceType: 1,
      },
      ...{ modifiedByUser: "admin", intermediary, valid: true, embedded: true, detached: false, signer: !intermediary },
      ...{ cosigner: false, certificateState: 1, certificateEffectiveState: 1, clVersion: 400 },
    });
    this.#certificates.set(subjectName, made);
    return made;
  }
}
