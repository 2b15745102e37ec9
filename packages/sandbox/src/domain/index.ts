/**
 * What an organisation consists of, as the sandbox keeps it: the words that the generator and the importer speak, the
 * store saves, and the routes turn into each server version's documents. Nothing here is the shape of a wire document.
 *
 * Times are milliseconds since 1970 (UTC). Hashes are lower-case hex. Paths are in the endpoint's own spelling.
 */
export * from "./administration.js";
export * from "./binary.js";
export * from "./detection.js";
export * from "./objects.js";
export * from "./organisation.js";
export * from "./process.js";
export * from "./sensor.js";
export * from "./server.js";
