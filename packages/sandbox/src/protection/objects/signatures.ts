import { raw } from "../../query/index.js";
import { date, each, flag, integer, type RecordOf, stored, text } from "./field.js";
import { kind } from "./kind.js";

/** How many objects of a kind name this row in a field. */
const naming = (kept: string, field: string) => (row: string) =>
  raw(`(SELECT count(*) FROM object x WHERE x.kind = '${kept}' AND ${stored("x", field)} = ${row}.key)`);

export const PUBLISHER = kind(
  "publisher",
  {
    id: integer(),
    name: text(),
    description: text({ writable: true }),
    modifiedBy: text(),
    ...each(date(), "dateCreated", "dateModified"),
    publisherReputation: integer(),
    // Those for some policies are what 8.0 reads 2 and 3 as; who sends a whole object back sends them too.
    publisherState: integer({ writable: true, values: [1, 2, 3, 4, 5] }),
    policyIds: text({ writable: true }),
    reputationApprovalsEnabled: flag({ writable: true }),
    acknowledged: flag({ writable: true, since: 8 }),
    sourceType: integer(),
    firstSeenComputerId: integer({ of: "computer" }),
    platformFlags: integer(),
    signedFilesCount: integer({ computed: naming("protection_fileCatalog", "publisherId") }),
    signedCertificateCount: integer({ computed: naming("protection_certificate", "publisherId") }),
    hidden: flag(),
    clVersion: integer(),
  },
  { view: "View software rules pages" },
);
export type PublisherRecord = RecordOf<typeof PUBLISHER.fields>;

export const CERTIFICATE = kind(
  "certificate",
  {
    id: integer(),
    parentCertificateId: integer({ of: "certificate" }),
    publisherId: integer({ of: "publisher" }),
    firstSeenComputerId: integer({ of: "computer" }),
    ...each(text(), "thumbprint", "thumbprintAlgorithm", "subjectName", "signatureAlgorithm", "serialNumber"),
    ...each(date(), "validFrom", "validTo"),
    publicKeyAlgorithm: text(),
    publicKeySize: integer(),
    ...each(date(), "dateCreated", "dateModified"),
    description: text({ writable: true }),
    sourceType: integer(),
    modifiedByUser: text(),
    ...each(flag(), "intermediary", "valid", "embedded", "detached", "signer", "cosigner"),
    certificateState: integer({ writable: true, values: [1, 2, 3] }),
    ...each(integer(), "certificateEffectiveState", "clVersion"),
  },
  { view: "View software rules pages" },
);
export type CertificateRecord = RecordOf<typeof CERTIFICATE.fields>;

export const PUBLISHER_CERTIFICATE = kind(
  "publisherCertificate",
  { id: integer(), publisherId: integer({ of: "publisher" }), certificateId: integer({ of: "certificate" }) },
  { view: "View software rules pages", since: 8 },
);
export type PublisherCertificateRecord = RecordOf<typeof PUBLISHER_CERTIFICATE.fields>;

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_publisher: PublisherRecord;
    protection_certificate: CertificateRecord;
    protection_publisherCertificate: PublisherCertificateRecord;
  }
}
