/** What is known of a process where it has been found. Which of the fields are there depends on how it was found. */
export interface ProcessDocument {
  readonly id?: string;
  readonly unique_id?: string;
  /** The process in the form of its GUID. */
  readonly process_guid?: string;
  /** The segment, as a decimal number in text. */
  readonly segment_id?: string;
  readonly process_md5?: string;
  readonly process_name?: string;
  readonly path?: string;
  readonly cmdline?: string;
  readonly process_pid?: number;
  /** When it started (ISO 8601). */
  readonly start?: string;
  readonly last_update?: string;
  readonly parent_name?: string;
  readonly parent_md5?: string;
  readonly parent_unique_id?: string;
  readonly parent_guid?: string;
  readonly parent_segment_id?: string;
  readonly parent_pid?: number;
  readonly sensor_id?: number;
  readonly hostname?: string;
  readonly computer_name?: string;
  readonly group?: string;
  readonly host_type?: string;
  readonly os_type?: string;
  readonly username?: string;
  /** Dotted. */
  readonly comms_ip?: string;
  readonly interface_ip?: string;
  readonly modload_count?: number;
  readonly filemod_count?: number;
  readonly regmod_count?: number;
  readonly netconn_count?: number;
  readonly childproc_count?: number;
  readonly crossproc_count?: number;
  readonly emet_count?: number;
  readonly processblock_count?: number;
  readonly [field: string]: unknown;
}

/** What is known of a binary where it has been found. */
export interface BinaryDocument {
  readonly md5?: string;
  readonly observed_filename?: readonly string[];
  /** Where it is: `HOST|sensor id`. */
  readonly endpoint?: readonly string[];
  readonly group?: readonly string[];
  readonly host_count?: number;
  readonly orig_mod_len?: number;
  readonly copied_mod_len?: number;
  readonly is_executable_image?: boolean;
  readonly is_64bit?: boolean;
  readonly os_type?: string;
  readonly signed?: string;
  readonly timestamp?: string;
  readonly server_added_timestamp?: string;
  readonly last_seen?: string;
  readonly digsig_result?: string;
  readonly digsig_result_code?: string;
  readonly digsig_sign_time?: string;
  readonly digsig_publisher?: string;
  readonly digsig_issuer?: string;
  readonly digsig_subject?: string;
  readonly digsig_prog_name?: string;
  readonly company_name?: string;
  readonly product_name?: string;
  readonly product_desc?: string;
  readonly product_version?: string;
  readonly file_version?: string;
  readonly file_desc?: string;
  readonly internal_name?: string;
  readonly original_filename?: string;
  readonly [field: string]: unknown;
}
