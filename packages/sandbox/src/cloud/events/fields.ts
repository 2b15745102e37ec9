import { documentFields, type SearchFields } from "../search/index.js";

/** What events of a process are searched by: see `documentFields`. */
export const EVENT_FIELDS: SearchFields = documentFields({
  ...{ event_type: "!keyword", event_guid: "keyword", event_hash: "keyword", event_timestamp: "isoDate" },
  ...{ device_timestamp: "isoDate", backend_timestamp: "isoDate", created_timestamp: "isoDate" },
  ...{ process_guid: "keyword", process_pid: "number", legacy: "boolean" },
  ...{ modload_name: "!path", modload_md5: "keyword", modload_sha256: "keyword", modload_action: "keyword" },
  ...{ modload_publisher: "words", modload_publisher_state: "*keyword", modload_effective_reputation: "keyword" },
  ...{ filemod_name: "!path", filemod_md5: "keyword", filemod_sha256: "keyword", filemod_action: "keyword" },
  ...{ regmod_name: "!path", regmod_action: "keyword" },
  ...{ netconn_domain: "!keyword", netconn_ipv4: "!address", netconn_ipv6: "address", netconn_port: "number" },
  ...{ netconn_local_ipv4: "address", netconn_local_ipv6: "address", netconn_local_port: "number" },
  ...{ netconn_protocol: "keyword", netconn_action: "keyword", netconn_inbound: "boolean" },
  ...{ netconn_proxy_ipv4: "address", netconn_proxy_port: "number" },
  ...{ childproc_name: "!path", childproc_guid: "keyword", childproc_pid: "number", childproc_md5: "keyword" },
  ...{
    childproc_sha256: "keyword",
    childproc_cmdline: "!words",
    childproc_username: "path",
    childproc_action: "keyword",
  },
  ...{ crossproc_name: "!path", crossproc_guid: "keyword", crossproc_md5: "keyword", crossproc_sha256: "keyword" },
  ...{ crossproc_target: "boolean", crossproc_action: "keyword" },
  ...{ scriptload_name: "path", scriptload_content: "words", fileless_scriptload_cmdline: "words" },
});
