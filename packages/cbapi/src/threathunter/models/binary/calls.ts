import type { CloudCall } from "../../../psc/routes.js";

const STORE = "/ubs/v1/orgs/{org}";
/** Where files are known by their SHA-256. */
export const FILES = `${STORE}/sha256`;

export const BINARY_READ: CloudCall = { call: "File by its SHA-256", classic: `GET ${FILES}/{sha256}/metadata` };
export const BINARY_SUMMARY: CloudCall = {
  call: "Devices that have a file",
  classic: `GET ${FILES}/{sha256}/summary/device`,
};
export const FILE_DOWNLOAD: CloudCall = { call: "Addresses of files", classic: `POST ${STORE}/file/_download` };

/** Every call about files, and what carries it in either generation. */
export const BINARY_CALLS: readonly CloudCall[] = [BINARY_READ, BINARY_SUMMARY, FILE_DOWNLOAD];
