export { resolveCredentials } from "./resolve.js";
export { CredentialSource } from "./source.js";
export type { CredentialOverrides, CredentialProvider, Credentials, CredentialsLike, Product } from "./types.js";
