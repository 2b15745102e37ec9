import type { BinaryRecord } from "../../domain/index.js";
import type { Store } from "../../store/store.js";
import { reputationSql } from "../processes/fields.js";

/** What is known of the program of a process. */
export interface ProgramFacts {
  path: string;
  md5: string;
  sha256: string;
  cmdline: string;
  username: string;
  reputation: string;
  publisher: string[];
  issuer: string[];
}

interface Row extends Omit<ProgramFacts, "sha256" | "publisher" | "issuer"> {
  sha256: string | null;
  binary: string | null;
}

/** What the organisation knows of the program of a process, by the id of the process; undefined when it knows no such process. */
export function programOf(store: Store, id: string): ProgramFacts | undefined {
  const row = store.database.first<Row>(
    `SELECT p.path, p.md5, p.sha256, p.cmdline, p.username, ${reputationSql("p.md5", "p.md5_value", "p.alliance")} AS reputation,
       (SELECT b.record FROM binary b WHERE b.md5_value = p.md5_value) AS binary
     FROM process p WHERE p.id = ? AND p.placeholder = 0`,
    [id],
  );
  if (row === undefined) return undefined;
  const { binary, sha256, ...rest } = row;
  const record = binary === null ? undefined : (JSON.parse(binary) as BinaryRecord);
  const listed = (name: string | undefined): string[] => (name === undefined ? [] : [name]);
  return {
    ...rest,
    sha256: sha256 ?? record?.sha256 ?? "",
    ...{ publisher: listed(record?.digsig_publisher), issuer: listed(record?.digsig_issuer) },
  };
}
