import type { CloudCall } from "../routes.js";

const CLASSIC = "/integrationServices/v3/cblr/session";
const CURRENT = "/appservices/v6/orgs/{org}/liveresponse/sessions";

export const SESSION_OPEN: CloudCall = {
  call: "Live Response: open a session",
  classic: `POST ${CLASSIC}/{device}`,
  current: `POST ${CURRENT}`,
  retired: { instead: `POST ${CURRENT}` },
};
export const SESSION_READ: CloudCall = {
  call: "Live Response: state of a session",
  classic: `GET ${CLASSIC}/{session}`,
  current: `GET ${CURRENT}/{session}`,
};
export const SESSION_CLOSE: CloudCall = {
  call: "Live Response: close a session",
  classic: `PUT ${CLASSIC}`,
  current: `DELETE ${CURRENT}/{session}`,
};
export const SESSION_KEEP_ALIVE: CloudCall = {
  call: "Live Response: keep a session alive",
  classic: `GET ${CLASSIC}/{session}/keepalive`,
  current: `GET ${CURRENT}/{session}/keepalive`,
};
export const SESSION_ARCHIVE: CloudCall = {
  call: "Live Response: archive of a session",
  classic: `GET ${CLASSIC}/{session}/archive`,
};
export const COMMAND_SEND: CloudCall = {
  call: "Live Response: send a command",
  classic: `POST ${CLASSIC}/{session}/command`,
  current: `POST ${CURRENT}/{session}/commands`,
};
export const COMMAND_READ: CloudCall = {
  call: "Live Response: state of a command",
  classic: `GET ${CLASSIC}/{session}/command/{command}`,
  current: `GET ${CURRENT}/{session}/commands/{command}`,
};
export const COMMAND_CANCEL: CloudCall = {
  call: "Live Response: take back a command",
  current: `DELETE ${CURRENT}/{session}/commands/{command}`,
};
export const FILE_UPLOAD: CloudCall = {
  call: "Live Response: upload a file",
  classic: `POST ${CLASSIC}/{session}/file`,
  current: `POST ${CURRENT}/{session}/files`,
};
export const FILE_READ: CloudCall = {
  call: "Live Response: what is known of a file",
  classic: `GET ${CLASSIC}/{session}/file/{file}`,
};
export const FILE_CONTENT: CloudCall = {
  call: "Live Response: content of a file",
  classic: `GET ${CLASSIC}/{session}/file/{file}/content`,
  current: `GET ${CURRENT}/{session}/files/{file}/content`,
};
export const ENDPOINT_READ: CloudCall = {
  call: "Live Response: what a device is",
  classic: "GET /integrationServices/v3/device/{device}",
  current: "GET /appservices/v6/orgs/{org}/devices/{device}",
};
export const ENDPOINT_LIST: CloudCall = {
  call: "Live Response: which devices are online",
  classic: "GET /integrationServices/v3/device",
  current: "POST /appservices/v6/orgs/{org}/devices/_search",
};

/** The calls of Live Response, and what carries them in either generation. */
export const LIVE_RESPONSE_CALLS: readonly CloudCall[] = [
  SESSION_OPEN,
  SESSION_READ,
  SESSION_CLOSE,
  SESSION_KEEP_ALIVE,
  SESSION_ARCHIVE,
  COMMAND_SEND,
  COMMAND_READ,
  COMMAND_CANCEL,
  FILE_UPLOAD,
  FILE_READ,
  FILE_CONTENT,
  ENDPOINT_READ,
  ENDPOINT_LIST,
];
