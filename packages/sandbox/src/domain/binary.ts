/** The eight values a signature check can have, and what stands for a check that was never made. */
export type SignatureResult =
  | "Signed"
  | "Unsigned"
  | "Expired"
  | "Bad Signature"
  | "Invalid Signature"
  | "Invalid Chain"
  | "Untrusted Root"
  | "Explicit Distrust"
  | "(Unknown)";

/** An executable seen somewhere. `host_count`, `endpoint` and `group` of its document come from who ran or loaded it. */
export interface BinaryRecord {
  md5: string;
  sha256: string;
  observed_filename: string[];
  original_filename?: string;
  /** Real size in bytes. */
  orig_mod_len: number;
  /** Bytes that the server holds; 0 when the file was never collected. */
  copied_mod_len: number;
  is_executable_image: boolean;
  is_64bit: boolean;
  os_type: "Windows" | "OSX" | "Linux";
  server_added_timestamp: number;
  last_seen: number;
  digsig_result: SignatureResult;
  digsig_publisher?: string;
  digsig_issuer?: string;
  digsig_subject?: string;
  digsig_prog_name?: string;
  digsig_sign_time?: number;
  file_desc?: string;
  file_version?: string;
  product_name?: string;
  product_version?: string;
  company_name?: string;
  internal_name?: string;
  legal_copyright?: string;
  legal_trademark?: string;
  product_desc?: string;
  comments?: string;
  private_build?: string;
  special_build?: string;
  /** Feed tags: `alliance_score_<feed>` and the like, as they stand in documents. */
  alliance?: Record<string, number | string | string[]>;
}
