export { knownIn } from "./known.js";
export { Store, type StoreOptions } from "./store.js";
