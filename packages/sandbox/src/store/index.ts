export { knownIn } from "./known.js";
export { Store } from "./store.js";
