export type { CredentialSystem } from "./files.js";
export { credentialPaths } from "./files.js";
export { type IniFile, parseIni } from "./ini.js";
export { credentialsFromProvider, resolveCredentials } from "./resolve.js";
export type { CredentialOverrides, CredentialProvider, Credentials, CredentialsLike, Product } from "./types.js";
export { optionKeys } from "./values.js";
