export { credentialsFromProvider, resolveCredentials } from "./resolve.js";
export type { CredentialOverrides, CredentialProvider, Credentials, CredentialsLike, Product } from "./types.js";
export { optionKeys } from "./values.js";
